import { randomBytes } from 'node:crypto';
import { serversMode, testsHaveServers } from './mode.ts';
import { startMongoContainer } from './mongodb-container.ts';
import { startSecantus } from './mongodb-secantus.ts';
import type { MongoDBOptions, MongoDBServer, OwnServer } from './mongodb-server.ts';

/** Whether tests have one: where one can be started, in the long runs. */
export function hasMongoDB(): boolean {
  return givenUrl() !== undefined || testsHaveServers();
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
