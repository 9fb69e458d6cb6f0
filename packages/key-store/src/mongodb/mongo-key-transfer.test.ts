import { hasMongoDB, type MongoDBServer, startMongoDB } from '@tenure/testing/servers';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyTransferContract } from '../contract.ts';
import { KeyStoreUnavailableError, openMongoKeyStore, openMongoKeyTransfer } from './index.ts';

const title = hasMongoDB() ? 'on MongoDB' : 'on MongoDB: SKIPPED, there is no server for tests here';

describe.skipIf(!hasMongoDB())(title, () => {
  let server: MongoDBServer;

  beforeAll(async () => {
    server = await startMongoDB();
  }, 120_000);
  afterAll(() => server?.stop());

  keyTransferContract('mongodb', async () => {
    const database = server.database();
    return {
      openStore: () => openMongoKeyStore({ url: server.url, database }),
      openTransfer: () => openMongoKeyTransfer({ url: server.url, database }),
      dispose: async () => {
        const client = new MongoClient(server.url);
        await client.db(database).dropDatabase();
        await client.close();
      },
    };
  });
});

it('says that the server cannot be reached', async () => {
  const opening = openMongoKeyTransfer({ url: 'mongodb://127.0.0.1:1/', database: 'keys', timeoutMs: 200 });
  await expect(opening).rejects.toThrow(KeyStoreUnavailableError);
});
