export interface KafkaOptions {
  /** Where it keeps its data; a temporary folder, removed by `stop`, unless given. A container keeps them inside. */
  readonly directory?: string;
  /** A free one unless given. */
  readonly port?: number;
}

/** A Kafka of one node. */
export interface KafkaServer {
  /** host:port of each. */
  readonly brokers: readonly string[];
  /** Of the process, where it is one of this machine and runs. */
  readonly pid: number | undefined;
  /** False for one that somebody else runs: `kill` and `start` throw, and `stop` leaves it alone. */
  readonly ours: boolean;
  /** A prefix for topics and groups that nobody else uses. Whoever makes them drops them: the server may outlive them. */
  prefix(): string;
  /** Ends it as a crash does (SIGKILL); resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data; resolves when it serves. */
  start(): Promise<void>;
  /** Ends it and removes what it made. May be called again. */
  stop(): Promise<void>;
}

/** What a kind of server does for itself. */
export type OwnKafka = Omit<KafkaServer, 'prefix' | 'ours'>;
