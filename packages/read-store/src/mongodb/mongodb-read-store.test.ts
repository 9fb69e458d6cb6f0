import { hasMongoDB, type MongoDBServer, startMongoDB } from '@tenure/testing/servers';
import { afterAll, beforeAll, describe } from 'vitest';
import { readStoreContract } from '../contract.ts';
import { dropDatabase } from './fixtures/drop-database.ts';
import { openMongoReadStore } from './index.ts';

const title = hasMongoDB() ? 'MongoDB' : 'MongoDB (SKIPPED: no MongoDB server for tests here)';

describe.skipIf(!hasMongoDB())(title, { timeout: 240_000 }, () => {
  let server: MongoDBServer;
  beforeAll(async () => {
    server = await startMongoDB();
  });
  afterAll(() => server.stop());

  readStoreContract(
    'MongoDB',
    async () => {
      const { url } = server;
      const database = server.database();
      return {
        openWriter: () => openMongoReadStore({ url, database, role: 'writer' }),
        openReader: () => openMongoReadStore({ url, database, role: 'reader' }),
        dispose: () => dropDatabase(server, database),
      };
    },
    { writers: 'shared', speed: 'slow' },
  );
});
