import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../matcher.ts';
import type { Document, Filter, FindOptions, Json, SortKey } from '../port.ts';
import { placeOf, sortDocuments } from '../sort.ts';
import {
  allOf,
  eachTestItsStore,
  idsOf,
  putting,
  type ReadStoreHarness,
  removing,
  type ViewsUnderTest,
} from './harness.ts';

const scalar: fc.Arbitrary<string | number | boolean> = fc.oneof(
  fc.constantFrom(-1, 0, 1, 2.5),
  fc.constantFrom('', 'a', 'b', 'é', '\uFFFD', '\u{1F600}'),
  fc.boolean(),
);
const plain: fc.Arbitrary<Json> = fc.option(scalar, { freq: 5 });
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: plain },
  { weight: 1, arbitrary: fc.array(plain, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ x: plain }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.array(fc.record({ x: plain }, { requiredKeys: [] }), { maxLength: 2 }) },
);

const field = fc.constantFrom('p', 'q', 'r', 'r.x', 's', 'n', '_id');

function documents(content: fc.Arbitrary<Json>): fc.Arbitrary<readonly Document[]> {
  const fields = fc.record({ p: plain, q: content, r: content, s: content }, { requiredKeys: [] });
  return fc
    .array(fields, { minLength: 1, maxLength: 25 })
    .map((list) => list.map((one, i) => ({ _id: `${['a', 'b', '\u{1F600}', '\uFFFD'][i % 4]}${i}`, ...one })));
}

const operator = fc.oneof(
  fc.tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), scalar),
  fc.tuple(fc.constantFrom('$eq', '$ne'), plain),
  fc.tuple(fc.constantFrom('$in', '$nin'), fc.array(plain, { maxLength: 3 })),
  fc.tuple(fc.constant('$exists'), fc.boolean()),
);
const operators = fc.array(operator, { minLength: 1, maxLength: 2 }).map((list): Filter => Object.fromEntries(list));
const test = fc.oneof(
  { weight: 3, arbitrary: plain },
  { weight: 5, arbitrary: operators },
  { weight: 1, arbitrary: operators.map((inner) => ({ $not: inner })) },
  { weight: 1, arbitrary: operators.map((inner) => ({ $elemMatch: inner })) },
  { weight: 1, arbitrary: operators.map((inner) => ({ $elemMatch: { x: inner } })) },
);
const leaf: fc.Arbitrary<Filter> = fc.dictionary(field, test, { maxKeys: 3 }).map((one) => ({ ...one }));
const filter: fc.Arbitrary<Filter> = fc.oneof(
  { weight: 3, arbitrary: leaf },
  {
    weight: 1,
    arbitrary: fc
      .tuple(leaf, fc.constantFrom('$and', '$or'), fc.array(leaf, { minLength: 1, maxLength: 3 }))
      .map(([own, name, list]) => ({ ...own, [name]: list })),
  },
);
const sort: fc.Arbitrary<readonly SortKey[]> = fc.array(
  fc.record({ field, direction: fc.constantFrom(1 as const, -1 as const) }),
  { maxLength: 3 },
);

/** A filter, a sort, which row to go on after, and a limit (0: none). */
type Query = readonly [filter: Filter, sort: readonly SortKey[], from: number, limit: number];
const query: fc.Arbitrary<Query> = fc.tuple(filter, sort, fc.nat(), fc.nat(8));

/** What the store must answer, by going through all documents. */
function answer(all: readonly Document[], options: FindOptions): readonly Document[] {
  const sorted = sortDocuments(all.filter(compileFilter(options.filter)), options.sort, options.after);
  return options.limit === undefined ? sorted : sorted.slice(0, options.limit);
}

async function compare({ writer, reader }: ViewsUnderTest, stored: readonly Document[], query: Query): Promise<void> {
  const [where, order, at, limit] = query;
  const sorted = answer(stored, { filter: where, sort: order });
  const from = sorted[at % (sorted.length + 1)];
  const options: FindOptions[] = [{ filter: where, sort: order }];
  if (limit > 0) options.push({ filter: where, sort: order, limit });
  if (from !== undefined) options.push({ filter: where, sort: order, limit: 4, after: placeOf(from, order) });
  for (const option of options) {
    const expected = idsOf(answer(stored, option));
    expect(idsOf(await reader.find('things', option)), JSON.stringify(option)).toEqual(expected);
  }
  expect(await writer.count('things', where)).toBe(sorted.length);
  expect(idsOf(await allOf(writer.stream('things', { filter: where, sort: order })))).toEqual(idsOf(sorted));
}

export function modelContract(name: string, create: () => Promise<ReadStoreHarness>): void {
  describe(`read store: ${name}: against a model`, () => {
    const store = eachTestItsStore(create);
    const indexes = ['p', 'q', 'r', 'r.x', ['p', 'q'], ['q', 's', 'p']];
    const runs = Number(process.env.TENURE_TEST_FULL === '1' ? 400 : 60);
    const queries = fc.array(query, { minLength: 20, maxLength: 20 });
    const kinds: readonly [string, fc.Arbitrary<Json>][] = [
      ['plain values', plain],
      ['values of any kind', value],
    ];

    it.each(kinds)('answers every query as going through all documents would: %s', async (_, content) => {
      const { writer, reader } = await store.openThings(indexes, []);
      let stored: readonly Document[] = [];
      let turn = 0;
      const property = fc.asyncProperty(documents(content), queries, async (next, list) => {
        // Some documents are replaced, some go, some come.
        const gone = stored.filter((old) => !next.some((document) => document._id === old._id));
        const known = new Set(idsOf(stored));
        const [before, now] = [String(turn), String(++turn)];
        await writer.write({
          replaces: [
            ...gone.map((document) => removing(document._id, before)),
            ...next.map((document) => putting(document, known.has(document._id) ? before : null, now)),
          ],
        });
        stored = next;
        for (const query of list) await compare({ writer, reader }, stored, query);
      });
      await fc.assert(property, { numRuns: runs, endOnFailure: true });
    });

    it('answers every query of a collection so large that it pays to choose an index well', async () => {
      const one = fc.record({ p: plain, q: plain, r: plain, s: plain }, { requiredKeys: [] });
      const many = fc.array(one, { minLength: 2_500, maxLength: 2_500, size: 'max' });
      const [content = []] = fc.sample(many, { numRuns: 1, seed: 7 });
      const stored = content.map((fields, i) => ({ _id: `k${(i * 7_919) % 10_000}`, ...fields, n: i % 700 }));
      const { writer, reader } = await store.openThings([...indexes, 'n'], stored);
      const property = fc.asyncProperty(query, (one) => compare({ writer, reader }, stored, one));
      await fc.assert(property, { numRuns: runs * 3, endOnFailure: true });
    });
  });
}
