import { describe, expect, it } from 'vitest';
import type { Document, SortKey } from '../port.ts';
import { placeOf } from '../sort.ts';
import { eachTestItsStore, idsOf, type ReadStoreHarness, withValues } from './harness.ts';

interface Case {
  readonly sort: readonly SortKey[];
  /** Ids in order, as a word. */
  readonly gives: string;
}

const asc = (field: string): SortKey => ({ field, direction: 1 });
const desc = (field: string): SortKey => ({ field, direction: -1 });

/** a 'b', b missing, c 2, d true, e null, f '', g -1, h false, i 2, j 'a', k 2.5 */
const scalars = withValues(['b', undefined, 2, true, null, '', -1, false, 2, 'a', 2.5]);
const byValue: readonly Case[] = [
  { sort: [], gives: 'abcdefghijk' },
  { sort: [asc('v')], gives: 'begcikfjahd' },
  { sort: [desc('v')], gives: 'dhajfkcigbe' },
  { sort: [asc('_id')], gives: 'abcdefghijk' },
  { sort: [desc('_id')], gives: 'kjihgfedcba' },
  { sort: [asc('v'), desc('_id')], gives: 'ebgickfjahd' },
  { sort: [desc('v'), desc('_id')], gives: 'dhajfkicgeb' },
];

/** Of several values the least counts ascending, the greatest descending; an empty array is below null. */
const arrays = withValues([[5, 1], 3, [], null, [2], ['x', 0], [true, 4], { x: 1 }]);
const byArray: readonly Case[] = [
  { sort: [asc('v')], gives: 'cdfaebgh' },
  { sort: [desc('v')], gives: 'ghfabedc' },
];

/** p takes two values, q three, r is the array of objects { n }. */
const several: readonly Document[] = [
  { _id: 'a', p: 1, q: 'x', r: [{ n: 3 }] },
  { _id: 'b', p: 2, q: 'y', r: [{ n: 1 }, { n: 9 }] },
  { _id: 'c', p: 1, q: 'y' },
  { _id: 'd', p: 2, q: 'x', r: [] },
  { _id: 'e', p: 1, q: 'x', r: [{ n: 4 }] },
  { _id: 'f', q: 'z', r: { n: 2 } },
];
const bySeveral: readonly Case[] = [
  { sort: [asc('p'), asc('q')], gives: 'faecdb' },
  { sort: [asc('p'), desc('q')], gives: 'fcaebd' },
  { sort: [desc('p'), asc('q')], gives: 'dbaecf' },
  { sort: [desc('p'), desc('q')], gives: 'bdcaef' },
  { sort: [desc('q'), asc('p'), desc('_id')], gives: 'fcbead' },
  { sort: [asc('p')], gives: 'facebd' },
  { sort: [desc('p')], gives: 'bdacef' },
  { sort: [asc('r.n')], gives: 'cdbfae' },
  { sort: [desc('r.n')], gives: 'beafcd' },
];

export function sortContract(name: string, create: () => Promise<ReadStoreHarness>): void {
  describe(`read store: ${name}: sorting`, () => {
    const store = eachTestItsStore(create);
    const cases: readonly [string, readonly (string | readonly string[])[], readonly Document[], readonly Case[]][] = [
      ['values of all types, indexed', ['v'], scalars, byValue],
      ['values of all types, not indexed', [], scalars, byValue],
      ['arrays, indexed', ['v'], arrays, byArray],
      ['arrays, not indexed', [], arrays, byArray],
      ['by several fields, indexed one by one', ['p', 'q', 'r.n'], several, bySeveral],
      [
        'by several fields, indexed together',
        [
          ['p', 'q'],
          ['q', 'p'],
        ],
        several,
        bySeveral,
      ],
      ['by several fields, not indexed', [], several, bySeveral],
    ];
    it.each(cases)('sorts %s', async (_, fields, documents, list) => {
      const { writer, reader } = await store.openThings(fields, documents);
      for (const { sort, gives } of list) {
        for (const views of [writer, reader]) {
          expect(idsOf(await views.find('things', { sort })).join(''), JSON.stringify(sort)).toBe(gives);
          const firsts = await views.find('things', { sort, limit: 3 });
          expect(idsOf(firsts).join(''), JSON.stringify(sort)).toBe(gives.slice(0, 3));
        }
      }
    });

    it.each(cases)('goes on after any row: %s', async (_, fields, documents, list) => {
      const { reader } = await store.openThings(fields, documents);
      for (const { sort, gives } of list) {
        for (const document of documents) {
          const after = placeOf(document, sort);
          const rest = gives.slice(gives.indexOf(document._id) + 1);
          const title = `${JSON.stringify(sort)} after ${document._id}`;
          expect(idsOf(await reader.find('things', { sort, after })).join(''), title).toBe(rest);
          const next = await reader.find('things', { sort, after, limit: 2 });
          expect(idsOf(next).join(''), title).toBe(rest.slice(0, 2));
        }
      }
    });

    it('sorts strings by their UTF-8 bytes', async () => {
      const { reader } = await store.openThings(
        ['v'],
        withValues(['\u{1F600}', 'é', '\uFFFD', 'z', '\uE000', 'Z', '']),
      );
      const sort = [asc('v')];
      expect(idsOf(await reader.find('things', { sort })).join('')).toBe('gfdbeca');
      expect(idsOf(await reader.find('things', { sort: [asc('_id')], filter: { v: { $gt: 'z' } } })).join('')).toBe(
        'abce',
      );
    });

    it('sorts what a filter selects, whichever of both is indexed', async () => {
      const documents = Array.from({ length: 60 }, (_, i) => ({
        _id: `k${i + 10}`,
        p: i % 3,
        q: (i * 7) % 11,
        r: i % 5,
      }));
      const { reader } = await store.openThings(['p', 'q'], documents);
      for (const field of ['p', 'q', 'r']) {
        for (const by of ['p', 'q', 'r']) {
          for (const direction of [1, -1] as const) {
            const expected = documents
              .filter((document) => document[field as 'p'] === 1)
              .sort((a, b) => (a[by as 'p'] - b[by as 'p']) * direction || (a._id < b._id ? -1 : 1));
            const sort = [{ field: by, direction }];
            const filter = { [field]: 1 };
            expect(idsOf(await reader.find('things', { filter, sort }))).toEqual(idsOf(expected));
            expect(idsOf(await reader.find('things', { filter, sort, limit: 4 }))).toEqual(idsOf(expected.slice(0, 4)));
          }
        }
      }
    });

    it('refuses an "after" that does not fit the sort', async () => {
      const { reader } = await store.openThings(['v'], scalars);
      const refusal = { code: 'read-store-misuse' };
      await expect(reader.find('things', { sort: [asc('v')], after: ['a'] })).rejects.toMatchObject(refusal);
      await expect(reader.find('things', { after: [1, 'a'] })).rejects.toMatchObject(refusal);
      await expect(reader.find('things', { sort: [asc('v')], after: ['a', 1] })).rejects.toMatchObject(refusal);
    });
  });
}
