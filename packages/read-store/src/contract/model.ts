import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../matcher.ts';
import type { Document, FindOptions, Json } from '../port.ts';
import { placeOf, sortDocuments } from '../sort.ts';
import { documents, plain, type Query, query, value } from './generators.ts';
import {
  allOf,
  type EngineTraits,
  eachTestItsStore,
  idsOf,
  putting,
  type ReadStoreHarness,
  removing,
  type ViewsUnderTest,
} from './harness.ts';

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

export function modelContract(name: string, create: () => Promise<ReadStoreHarness>, { speed }: EngineTraits): void {
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
      await fc.assert(property, { numRuns: speed === 'fast' ? runs * 3 : runs / 10, endOnFailure: true });
    });
  });
}
