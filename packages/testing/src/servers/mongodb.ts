import { randomBytes } from 'node:crypto';
import { serversMode } from './mode.ts';
import { startMongoContainer } from './mongodb-container.ts';
import { startSecantus } from './mongodb-secantus.ts';

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

/** Whether `startMongoDB` can have a server here. */
export function hasMongoDB(): boolean {
  return givenUrl() !== undefined || serversMode() !== 'none';
}

/**
 * Starts a server on loopback, and resolves when it takes writes: `TENURE_MONGODB_URL`, if set, names one to use
 * instead; else SecantusDB from PyPI, or MongoDB in a container, as `serversMode` says. @throws where there is none
 */
export async function startMongoDB(options: MongoDBOptions = {}): Promise<MongoDBServer> {
  const given = givenUrl();
  if (given !== undefined) return givenServer(given);
  const mode = serversMode();
  switch (mode) {
    case 'local':
      return named(await startSecantus(options));
    case 'docker':
      return named(await startMongoContainer(options));
    case 'none':
      throw new Error(
        'No MongoDB server for tests: TENURE_TEST_SERVERS is "none", or there is neither Java and Python nor Docker here, and TENURE_MONGODB_URL is not set',
      );
  }
}

function givenUrl(): string | undefined {
  const url = process.env.TENURE_MONGODB_URL;
  return url === undefined || url === '' ? undefined : url;
}

/** What a kind of server does for itself. */
export type OwnServer = Omit<MongoDBServer, 'database' | 'ours'>;

function named(server: OwnServer): MongoDBServer {
  return {
    url: server.url,
    get pid() {
      return server.pid;
    },
    ours: true,
    database: randomName,
    kill: () => server.kill(),
    start: () => server.start(),
    stop: () => server.stop(),
  };
}

function givenServer(url: string): MongoDBServer {
  const refused = async (): Promise<never> => {
    throw new Error('TENURE_MONGODB_URL names a server that tests neither kill nor start');
  };
  return {
    url,
    pid: undefined,
    ours: false,
    database: randomName,
    kill: refused,
    start: refused,
    stop: () => Promise.resolve(),
  };
}

function randomName(): string {
  return `tenure_test_${randomBytes(8).toString('hex')}`;
}
