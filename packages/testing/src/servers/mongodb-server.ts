export interface MongoDBOptions {
  /** Where it keeps its data; a temporary folder, removed by `stop`, unless given. A container keeps them inside. */
  readonly directory?: string;
  /** A free one unless given. */
  readonly port?: number;
}

/** A server of one node that speaks MongoDB's protocol, has transactions, and flushes to disk what it acknowledges. */
export interface MongoDBServer {
  /** For the driver; names no database. */
  readonly url: string;
  /** Of the process, where it is one of this machine and runs. */
  readonly pid: number | undefined;
  /** False for a server that somebody else runs: `kill` and `start` throw, and `stop` leaves it alone. */
  readonly ours: boolean;
  /** A name for a database that nobody else uses. Whoever makes it drops it: the server may outlive the tests. */
  database(): string;
  /** Ends it as a crash does (SIGKILL); resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data; resolves when it takes writes. */
  start(): Promise<void>;
  /** Ends it and removes what it made. May be called again. */
  stop(): Promise<void>;
}

/** What a kind of server does for itself. */
export type OwnServer = Omit<MongoDBServer, 'database' | 'ours'>;
