import { setImmediate } from 'node:timers/promises';
import { hasMongoDB, type MongoDBServer, startMongoDB } from '@tenure/testing/servers';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { idsOf, put, putting, things, withValues } from '../contract/harness.ts';
import { ReadStoreError } from '../errors.ts';
import { type Document, type Filter, GuardMismatchError, type ReadStore, type ViewSet } from '../port.ts';
import { dropDatabase } from './fixtures/drop-database.ts';
import { openMongoReadStore } from './index.ts';

const title = hasMongoDB() ? 'MongoDB alone' : 'MongoDB alone (SKIPPED: no MongoDB server for tests here)';

describe.skipIf(!hasMongoDB())(`read store: ${title}`, { timeout: 240_000 }, () => {
  let server: MongoDBServer;
  let database = '';
  const stores: ReadStore[] = [];
  const open = async (role: 'writer' | 'reader' = 'writer'): Promise<ReadStore> => {
    const store = await openMongoReadStore({ url: server.url, database, role });
    stores.push(store);
    return store;
  };
  /** What is in the database, whatever the adapter says. */
  const look = async <T>(use: (client: MongoClient) => Promise<T>): Promise<T> => {
    const client = new MongoClient(server.url);
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  };
  const indexNames = (): Promise<readonly string[]> =>
    look(async (client) => {
      const db = client.db(database);
      const names = (await db.listCollections().toArray()).map(({ name }) => name);
      const documents = names.find((name) => name.endsWith(':things')) ?? '';
      return (await db.collection(documents).indexes()).map(({ name }) => String(name)).sort();
    });

  beforeAll(async () => {
    server = await startMongoDB();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    database = server.database();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await dropDatabase(server, database);
  });

  it('refuses documents that it could not give back as they were, and writes nothing of their batch', async () => {
    const views = await (await open()).open('v1', [things([])]);
    const wrong: readonly Document[] = [
      { _id: 'x', _guard: 'mine' },
      { _id: 'x', $set: 1 },
      { _id: 'x', inner: [{ $ref: 'a' }] },
      { _id: 'x', 'a\0b': 1 },
      { _id: 'x', text: '\uD800' },
      { _id: 'x', list: [{ deep: 'a\uDC00' }] },
      { _id: 'x', 'half \uD800': 1 },
      { _id: '\uD800' },
      { _id: 'x', text: 'x'.repeat(17 * 2 ** 20) },
      JSON.parse(`{"_id":"x","deep":${'['.repeat(150)}${']'.repeat(150)}}`),
    ];
    for (const document of wrong) {
      const batch = { replaces: [putting({ _id: 'good' }), putting(document)], checkpoints: { projector: 1 } };
      await expect(views.write(batch), Object.keys(document).join()).rejects.toMatchObject({
        code: 'read-store-misuse',
      });
    }
    expect(await views.count('things')).toBe(0);
    expect(await views.checkpoint('projector')).toBeUndefined();
  });

  it('shows the guard to nobody', async () => {
    const views = await (await open()).open('v1', [things([])]);
    await put(views, withValues([1, 2]));
    const find = async (filter: Filter): Promise<string> => idsOf(await views.find('things', { filter })).join('');
    expect(await find({ _guard: '1' })).toBe('');
    expect(await find({ _guard: null, '_guard.none': { $exists: false } })).toBe('ab');
    expect(await views.find('things', { sort: [{ field: '_guard', direction: -1 }], after: [null, 'a'] })).toEqual([
      { _id: 'b', v: 2 },
    ]);
    expect(await views.aggregate('things', [{ $match: { _guard: '1' } }])).toEqual([]);
    expect(await views.aggregate('things', [{ $sort: { v: -1 } }, { $project: { _guard: 1 } }])).toEqual([
      { _id: 'b' },
      { _id: 'a' },
    ]);
    await expect(find({ v: '\uD800' })).rejects.toMatchObject({ code: 'filter-value-invalid' });
  });

  it('gives up an index of two fields when a document has arrays in both, which MongoDB would refuse', async () => {
    const store = await open();
    const views = await store.open('v1', [things([['p', 'q'], 'r'])]);
    expect(await indexNames()).toEqual(['_id_', 'p,q,_id', 'r,_id']);
    await put(views, [{ _id: 'a', p: [3, 1], q: 1 }]);
    expect(await indexNames()).toEqual(['_id_', 'p,q,_id', 'r,_id']);
    await put(views, [{ _id: 'b', p: 2, q: [5, 0] }]);
    expect(await indexNames()).toEqual(['_id_', 'p,_id', 'q,_id', 'r,_id']);
    await put(views, [{ _id: 'c', p: [0, 9], q: [7, 7] }]);
    const sort = [
      { field: 'p', direction: 1 as const },
      { field: 'q', direction: -1 as const },
    ];
    const other = await (await open('reader')).open('v1', []);
    expect(idsOf(await other.find('things', { sort }))).toEqual(['c', 'a', 'b']);
    expect(idsOf(await other.find('things', { sort, after: [1, 1, 'a'] }))).toEqual(['b']);
    await store.close();
    await (await open()).open('v1', [things([['p', 'q']])]);
    expect(await indexNames()).toEqual(['_id_', 'p,_id', 'q,_id']);
  });

  it('says of a version that was dropped elsewhere that it is gone, not that it is empty', async () => {
    const builder = await open();
    await put(await builder.open('v1', [things([])]), withValues([1]));
    const reader = await (await open('reader')).open('v1', [things([])]);
    expect(await reader.get('things', 'a')).toBeDefined();
    await (await builder.open('v1', [])).close();
    await builder.drop('v1');
    // Another one of that name is another one.
    await builder.open('v1', [things([])]);
    const gone = { code: 'view-version-unknown' };
    await expect(reader.get('things', 'a')).rejects.toMatchObject(gone);
    await expect(reader.getMany('things', ['a'])).rejects.toMatchObject(gone);
    await expect(reader.find('things')).rejects.toMatchObject(gone);
    await expect(reader.count('things')).rejects.toMatchObject(gone);
    await expect(reader.checkpoint('projector')).rejects.toMatchObject(gone);
    await expect(reader.stream('things')[Symbol.asyncIterator]().next()).rejects.toMatchObject(gone);
    const names = await look((client) => client.db(database).listCollections().toArray());
    expect(names.filter(({ name }) => name.startsWith('v1:'))).toHaveLength(2);
  });

  it('lets a reader make nothing', async () => {
    const store = await open('reader');
    await expect(store.open('v1', [things(['v'])])).rejects.toMatchObject({ code: 'view-version-unknown' });
    expect(await store.versions()).toEqual([]);
    expect(await look((client) => client.db(database).listCollections().toArray())).toEqual([]);
    await (await open()).open('v1', [things([])]);
    await (await store.open('v1', [things(['v'])])).find('things', { sort: [{ field: 'v', direction: 1 }] });
    expect(await indexNames()).toEqual(['_id_']);
    const others = store.open('v1', [{ name: 'others', indexes: [] }]);
    await expect(others).rejects.toMatchObject({ code: 'collection-unknown' });
  });

  it('needs a server that is there', async () => {
    const url = 'mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200';
    const nowhere = openMongoReadStore({ url, database, role: 'writer' });
    await expect(nowhere).rejects.toMatchObject({ name: 'ReadStoreError', code: 'read-store-unavailable' });
  });

  describe('when the server is killed', () => {
    const numbered = (n: number) =>
      Array.from({ length: 40 }, (_, i) =>
        putting({ _id: `k${i}`, n, text: 'x'.repeat(n % 3_000) }, n === 1 ? null : `${n - 1}`, `${n}`),
      );
    /** All 40 have the number of the checkpoint. */
    async function whole(views: ViewSet): Promise<number> {
      const checkpoint = Number(await views.checkpoint('projector'));
      const documents = await views.find('things');
      expect(documents).toHaveLength(40);
      expect(new Set(documents.map(({ n }) => n))).toEqual(new Set([checkpoint]));
      expect(await views.count('things', { n: checkpoint })).toBe(40);
      return checkpoint;
    }

    it('I6: has every write that was acknowledged, and no half of one; the same store goes on', async (ctx) => {
      if (!server.ours) return ctx.skip('TENURE_MONGODB_URL names a server that is not killed');
      const views = await (await open()).open('v1', [things(['n'])]);
      let acknowledged = 0;
      let stopped = false;
      const failures: unknown[] = [];
      const writing = (async () => {
        for (let n = 1; ; ) {
          try {
            await views.write({ replaces: numbered(n), checkpoints: { projector: n } });
            acknowledged = n++;
            if (stopped) return;
          } catch (reason) {
            failures.push(reason);
            // What became of it is read, as a projector does.
            n = Number((await views.checkpoint('projector')) ?? 0) + 1;
          }
        }
      })();
      for (let round = 1; round <= 5; round++) {
        const before = acknowledged;
        await expect.poll(() => acknowledged, { timeout: 30_000 }).toBeGreaterThan(before + round);
        // Somewhere within a write.
        for (let turn = 0; turn < round * 40; turn++) await setImmediate();
        await server.kill();
        const sure = acknowledged;
        await server.start();
        const after = await open('reader');
        expect(Number(await (await after.open('v1', [])).checkpoint('projector'))).toBeGreaterThanOrEqual(sure);
      }
      stopped = true;
      await writing;
      expect(await whole(views)).toBe(acknowledged);
      for (const failure of failures) expect(failure).toSatisfy(isOwn);
    });

    it('goes on with a stream from its last row', async (ctx) => {
      if (!server.ours) return ctx.skip('TENURE_MONGODB_URL names a server that is not killed');
      const views = await (await open()).open('v1', [things(['n'])]);
      const names = Array.from({ length: 900 }, (_, i) => `k${String(i).padStart(3, '0')}`);
      await put(
        views,
        names.map((_id, i) => ({ _id, n: i % 7 })),
      );
      const sorts = [[], [{ field: 'n', direction: -1 as const }]];
      for (const sort of sorts) {
        const expected = idsOf(await views.find('things', { sort, limit: 850 }));
        const given: string[] = [];
        for await (const page of views.stream('things', { sort, limit: 850 })) {
          given.push(...idsOf(page));
          if (given.length !== page.length) continue;
          await server.kill();
          await server.start();
        }
        expect(given).toEqual(expected);
      }
    });

    it('fails as unavailable while it is away, and answers once it is back', async (ctx) => {
      if (!server.ours) return ctx.skip('TENURE_MONGODB_URL names a server that is not killed');
      const url = `${server.url}&serverSelectionTimeoutMS=500`;
      const store = await openMongoReadStore({ url, database, role: 'writer' });
      stores.push(store);
      const views = await store.open('v1', [things(['n'])]);
      await views.write({ replaces: numbered(1), checkpoints: { projector: 1 } });
      await server.kill();
      const unavailable = { name: 'ReadStoreError', code: 'read-store-unavailable' };
      await expect(views.get('things', 'k1')).rejects.toMatchObject(unavailable);
      await expect(views.find('things')).rejects.toMatchObject(unavailable);
      await expect(store.current()).rejects.toMatchObject(unavailable);
      await expect(views.write({ replaces: numbered(2) })).rejects.toMatchObject(unavailable);
      await server.start();
      await views.write({ replaces: numbered(2), checkpoints: { projector: 2 } });
      expect(await whole(views)).toBe(2);
    });
  });

  it('retries what two writers do to the same documents at once, and loses no write', async () => {
    const [first, second] = await Promise.all([open(), open()]);
    const all = await Promise.all([first, second].map((store) => store.open('v1', [things(['n'])])));
    const ids = Array.from({ length: 20 }, (_, i) => `k${i}`);
    await put(
      all[0] as ViewSet,
      ids.map((_id) => ({ _id, n: 0 })),
    );
    // Each adds 1 to all of them 15 times.
    const add = async (views: ViewSet, who: number): Promise<void> => {
      for (let n = 0; n < 15; ) {
        const stored = await views.getMany<{ readonly _id: string; readonly n: number }>('things', ids);
        const replaces = [...stored.values()].map(({ document, guard }) =>
          putting({ ...document, n: document.n + 1 }, guard, `${who} ${n}`),
        );
        try {
          await views.write({ replaces: who === 0 ? replaces : replaces.toReversed() });
          n++;
        } catch (reason) {
          if (!(reason instanceof GuardMismatchError)) throw reason;
          expect(reason.mismatches.length).toBeGreaterThan(0);
        }
      }
    };
    await Promise.all(all.map(add));
    expect(new Set((await (all[1] as ViewSet).find('things')).map(({ n }) => n))).toEqual(new Set([30]));
  });
});

function isOwn(reason: unknown): boolean {
  return reason instanceof ReadStoreError || reason instanceof GuardMismatchError;
}
