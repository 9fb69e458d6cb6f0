import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasMongoDB, type MongoDBServer, startMongoDB } from '@tenure/testing/servers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents, plain, type Query, query, value } from '../contract/generators.ts';
import { allOf, things } from '../contract/harness.ts';
import type { Document, FindOptions, Json, Pipeline, ReadStore, ViewSet } from '../port.ts';
import { placeOf } from '../sort.ts';
import { openSqliteReadStore } from '../sqlite/index.ts';
import { dropDatabase } from './fixtures/drop-database.ts';
import { openMongoReadStore } from './index.ts';

const title = hasMongoDB() ? 'MongoDB beside SQLite' : 'MongoDB beside SQLite (SKIPPED: no MongoDB server here)';

const runs = process.env.TENURE_TEST_FULL === '1' ? 300 : 40;

/** Pipelines that compare and add up what is at these fields. */
function stages(...fields: readonly string[]): fc.Arbitrary<Pipeline> {
  const expression: fc.Arbitrary<Json> = fc.oneof(
    fc.constantFrom(...fields),
    fc.constantFrom<Json>(1, 2.5, { $literal: '$p' }),
  );
  const accumulator: fc.Arbitrary<Json> = fc.oneof(
    fc.tuple(fc.constantFrom('$sum', '$avg', '$min', '$max'), expression).map(([name, of]): Json => ({ [name]: of })),
    fc.constant<Json>({ $count: {} }),
  );
  const computed: fc.Arbitrary<Json> = fc.oneof(
    fc
      .tuple(fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte'), expression, expression)
      .map(([name, a, b]): Json => ({ [name]: [a, b] })),
    fc
      .tuple(fc.constantFrom('$and', '$or'), expression, expression)
      .map(([name, a, b]): Json => ({ [name]: [{ $gt: [a, 1] }, { $not: [{ $eq: [b, null] }] }] })),
    fc.tuple(expression, expression).map(([a, b]): Json => ({ $ifNull: [a, b] })),
    fc.tuple(expression, expression, expression).map(([a, b, c]): Json => ({ $cond: [{ $gt: [a, 0] }, b, c] })),
  );
  return fc.oneof(
    fc
      .tuple(fc.constantFrom<Json>(null, ...fields), accumulator, accumulator)
      .map(([id, a, b]) => [{ $group: { _id: id, a, b } }]),
    fc.tuple(computed, computed).map(([a, b]) => [{ $project: { p: 1, a, b } }, { $sort: { _id: -1 } }]),
    fc
      .tuple(fc.constantFrom('p', 'q', 'r'), fc.boolean())
      .map(([field, preserveNullAndEmptyArrays]) => [
        { $unwind: { path: `$${field}`, preserveNullAndEmptyArrays } },
        { $group: { _id: `$${field}`, n: { $sum: 1 } } },
      ]),
    fc.nat(5).map((n) => [{ $sort: { p: 1 } }, { $limit: n + 1 }]),
    fc.constant([{ $count: 'rows' }]),
  );
}

/** Without empty texts and objects, which the embedded engine's $unwind leaves out. */
function withoutEmpty(content: readonly Document[]): readonly Document[] {
  return JSON.parse(JSON.stringify(content).replaceAll('""', '"c"').replaceAll('{}', '{"x":"c"}'));
}

/** Rows as texts, with their fields by name: the order of those that a stage computes is nobody's promise. */
function rowTexts(rows: readonly Record<string, Json>[]): readonly string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
}

describe.skipIf(!hasMongoDB())(title, { timeout: 240_000 }, () => {
  let server: MongoDBServer;
  let database = '';
  const directory = mkdtempSync(join(tmpdir(), 'tenure-views-'));
  const stores: ReadStore[] = [];

  beforeAll(async () => {
    server = await startMongoDB();
    database = server.database();
    stores.push(await openMongoReadStore({ url: server.url, database, role: 'writer' }));
    stores.push(openSqliteReadStore({ directory, role: 'writer' }));
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    rmSync(directory, { recursive: true });
    await dropDatabase(server, database);
    await server.stop();
  });

  let versions = 0;
  /** The same new version of both, with these documents. */
  async function openBoth(content: readonly Document[]): Promise<readonly ViewSet[]> {
    const version = `v${++versions}`;
    const both: ViewSet[] = [];
    for (const store of stores) {
      const views = await store.open(version, [things(['p', 'q', 'r', 'r.x', ['p', 'q'], ['q', 's', 'p']])]);
      await views.write({
        replaces: content.map((document) => ({
          collection: 'things',
          id: document._id,
          document,
          guard: '1',
          expected: null,
        })),
      });
      both.push(views);
    }
    return both;
  }

  async function closeBoth(both: readonly ViewSet[]): Promise<void> {
    for (const views of both) await views.close();
    for (const store of stores) await store.drop(`v${versions}`);
  }

  /** Asks both, and expects the same answer, to the letter: errors too. */
  async function same<T>(both: readonly ViewSet[], what: Json, ask: (views: ViewSet) => Promise<T>): Promise<T> {
    const [mongo, sqlite] = await Promise.all(
      both.map((views) => ask(views).catch((reason: Error & { code?: string }) => ({ failed: reason.code }))),
    );
    expect(JSON.stringify(mongo), JSON.stringify(what)).toBe(JSON.stringify(sqlite));
    return sqlite as T;
  }

  async function sameAnswers(both: readonly ViewSet[], [filter, sort, at, limit]: Query): Promise<void> {
    const options: FindOptions = { filter, sort };
    const all = await same(both, { filter, sort: [...sort] } as never, (views) => views.find('things', options));
    await same(both, { count: filter }, (views) => views.count('things', filter));
    const from = all[at % (all.length + 1)];
    if (from === undefined) return;
    const next = { ...options, after: placeOf(from, sort), ...(limit > 0 ? { limit } : {}) };
    await same(both, next as never, (views) => views.find('things', next));
    await same(both, next as never, (views) => allOf(views.stream('things', next)));
  }

  const kinds: readonly [string, fc.Arbitrary<Json>][] = [
    ['plain values', plain],
    ['values of any kind', value],
  ];
  it.each(kinds)('gives the same documents in the same order: %s', async (_, content) => {
    const queries = fc.array(query, { minLength: 8, maxLength: 8 });
    const property = fc.asyncProperty(documents(content), queries, async (stored, list) => {
      const both = await openBoth(stored);
      try {
        for (const one of list) await sameAnswers(both, one);
        for (const { _id } of stored) await same(both, _id, (views) => views.getRaw('things', _id));
      } finally {
        await closeBoth(both);
      }
    });
    await fc.assert(property, { numRuns: runs, endOnFailure: true });
  });

  // Arrays are unwound, and not compared: the embedded engine takes an empty one for less than all values, and SecantusDB
  // groups it with an empty object.
  it.each<[string, fc.Arbitrary<Json>, fc.Arbitrary<Pipeline>]>([
    ['plain values', plain, stages('$p', '$q', '$r', '$s', '$r.x')],
    ['values of any kind', value, stages('$p', '$_id')],
  ])('aggregates to the same rows: %s', async (_, content, stage) => {
    const pipelines = fc.array(fc.tuple(query, stage), { minLength: 8, maxLength: 8 });
    const property = fc.asyncProperty(documents(content), pipelines, async (stored, list) => {
      const both = await openBoth(withoutEmpty(stored));
      try {
        for (const [[filter], stages] of list) {
          const pipeline: Pipeline = [{ $match: filter }, ...stages];
          const sorted = stages.some((one) => Object.hasOwn(one, '$sort'));
          await same(both, [...pipeline], async (views) => {
            const rows = rowTexts(await views.aggregate('things', pipeline));
            return sorted ? rows : rows.toSorted();
          });
        }
      } finally {
        await closeBoth(both);
      }
    });
    await fc.assert(property, { numRuns: runs, endOnFailure: true });
  });

  it('keeps numbers, texts and names as JSON has them', async () => {
    const numbers = [0, -0, 1, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, 2 ** 53, 1e300, 5e-324, 0.1];
    const content: readonly Document[] = [
      ...numbers.map((v, i) => ({ _id: `n${i}`, v, list: [v, [v], { v }] })),
      { _id: 'names', z: 1, a: { '10': 1, b: 2, '9': 3 }, 'with space': [], '': {}, 'a.b': { 'c.d': 1 } },
      { _id: 'none', v: undefined, list: [], nested: { no: null, deep: [[[null]], {}] } },
      { _id: 'text', v: 'a\u0000b\u{1F600}\uFFFD', long: 'x'.repeat(100_000), __proto__x: 1, constructor: 2 },
    ];
    const both = await openBoth(content);
    for (const { _id } of content) {
      await same(both, _id, (views) => views.getRaw('things', _id));
      await same(both, _id, (views) => views.get('things', _id));
    }
    for (const v of numbers) {
      await same(both, v, async (views) => (await views.find('things', { filter: { v } })).map((row) => row._id));
      await same(both, v, (views) => views.count('things', { v: { $gt: v } }));
      await same(both, v, (views) => views.count('things', { list: { $elemMatch: { $lte: v } } }));
    }
    const sort = [{ field: 'v', direction: -1 as const }];
    await same(both, 'sorted', (views) => views.find('things', { sort }));
    await same(both, 'sums', async (views) =>
      rowTexts(
        await views.aggregate('things', [
          { $match: { _id: { $in: ['n4', 'n5', 'n6', 'n7'] } } },
          { $group: { _id: null, sum: { $sum: '$v' }, min: { $min: '$v' }, most: { $max: '$v' } } },
          {
            $project: { sum: 1, min: 1, most: 1, twice: { $multiply: ['$sum', 2] }, none: { $multiply: ['$min', 0] } },
          },
        ]),
      ),
    );
    await closeBoth(both);
  });
});
