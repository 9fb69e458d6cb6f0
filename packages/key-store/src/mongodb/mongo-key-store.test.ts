import { hasMongoDB, type MongoDBServer, startMongoDB } from '@tenure/testing/servers';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedKeyStoreContract } from '../contract.ts';
import { KeyStoreUnavailableError, openMongoKeyStore } from './index.ts';

const title = hasMongoDB() ? 'on MongoDB' : 'on MongoDB: SKIPPED, there is no server for tests here';

describe.skipIf(!hasMongoDB())(title, () => {
  let server: MongoDBServer;

  beforeAll(async () => {
    server = await startMongoDB();
  }, 120_000);
  afterAll(() => server?.stop());

  const withClient = async <T>(work: (client: MongoClient) => Promise<T>): Promise<T> => {
    const client = new MongoClient(server.url);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };

  sharedKeyStoreContract('mongodb', async () => {
    const database = server.database();
    return {
      open: () => openMongoKeyStore({ url: server.url, database, cacheTtlMs: 300 }),
      dispose: async () => {
        await withClient((client) => client.db(database).dropDatabase());
      },
    };
  });

  it('I19: leaves no byte of a destroyed key in its collection, and keeps its id', async () => {
    const database = server.database();
    const store = await openMongoKeyStore({ url: server.url, database });
    const keys = await store.ensure(['jane', 'john']);
    await store.destroy('jane');
    await store.close();
    await withClient(async (client) => {
      const documents = await client.db(database).collection('keys').find().toArray();
      expect(documents.find(({ owner }) => owner === 'jane')).toEqual({ _id: keys.get('jane')?.keyId, owner: 'jane' });
      expect(Buffer.from(documents.find(({ owner }) => owner === 'john')?.key.value())).toEqual(keys.get('john')?.key);
      await client.db(database).dropDatabase();
    });
  });

  it('notices within the time of its cache, and no sooner asks again, that a key was destroyed elsewhere', async () => {
    const database = server.database();
    const open = (cacheTtlMs: number): ReturnType<typeof openMongoKeyStore> =>
      openMongoKeyStore({ url: server.url, database, cacheTtlMs });
    const [store, patient] = [await open(200), await open(60_000)];
    const { keyId } = (await store.ensure(['jane'])).get('jane') ?? { keyId: '' };
    const has = async (of: typeof store): Promise<boolean> => (await of.findMany([keyId])).has(keyId);
    expect([await has(store), await has(patient)]).toEqual([true, true]);
    const third = await open(200);
    await third.destroy('jane');
    await expect.poll(() => has(store), { timeout: 5_000 }).toBe(false);
    expect(await has(patient)).toBe(true);
    for (const one of [store, patient, third]) await one.close();
    await withClient((client) => client.db(database).dropDatabase());
  });

  it('makes keys by the thousand', async () => {
    const database = server.database();
    const store = await openMongoKeyStore({ url: server.url, database });
    const owners = Array.from({ length: 1_200 }, (_, n) => `owner ${n}`);
    const keys = await store.ensure(owners);
    expect(new Set([...keys.values()].map(({ keyId }) => keyId)).size).toBe(1_200);
    await store.close();
    const again = await openMongoKeyStore({ url: server.url, database });
    const found = await again.findMany([...keys.values()].map(({ keyId }) => keyId));
    expect(found.size).toBe(1_200);
    await again.close();
    await withClient((client) => client.db(database).dropDatabase());
  });
});

it('says that the server cannot be reached', async () => {
  const opening = openMongoKeyStore({ url: 'mongodb://127.0.0.1:1/', database: 'keys', timeoutMs: 200 });
  await expect(opening).rejects.toThrow(KeyStoreUnavailableError);
});
