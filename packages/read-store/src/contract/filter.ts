import { describe, expect, it } from 'vitest';
import type { Document, Filter } from '../port.ts';
import { eachTestItsStore, idsOf, type ReadStoreHarness, withValues } from './harness.ts';

interface Case {
  readonly filter: Filter;
  /** Ids of the documents that pass, in order, as a word. */
  readonly finds: string;
}

/** a missing, b null, c -1, d 0, e 1.5, f '', g 'a', h 'b', i false, j true, k [], l [0,'a'], m {x:1}, n [[0]], o [null] */
const values = withValues([
  undefined,
  null,
  -1,
  0,
  1.5,
  '',
  'a',
  'b',
  false,
  true,
  [],
  [0, 'a'],
  { x: 1 },
  [[0]],
  [null],
]);

const scalars: readonly Case[] = [
  { filter: {}, finds: 'abcdefghijklmno' },
  { filter: { v: 0 }, finds: 'dl' },
  { filter: { v: { $eq: 'a' } }, finds: 'gl' },
  { filter: { v: true }, finds: 'j' },
  { filter: { v: null }, finds: 'abo' },
  { filter: { v: { $ne: 0 } }, finds: 'abcefghijkmno' },
  { filter: { v: { $ne: null } }, finds: 'cdefghijklmn' },
  { filter: { v: { $gt: -1 } }, finds: 'del' },
  { filter: { v: { $gte: -1 } }, finds: 'cdel' },
  { filter: { v: { $lt: 0 } }, finds: 'c' },
  { filter: { v: { $lte: 0 } }, finds: 'cdl' },
  { filter: { v: { $gt: -5, $lt: 1 } }, finds: 'cdl' },
  { filter: { v: { $gt: '' } }, finds: 'ghl' },
  { filter: { v: { $gte: '' } }, finds: 'fghl' },
  { filter: { v: { $lt: 'b' } }, finds: 'fgl' },
  { filter: { v: { $lte: 'b' } }, finds: 'fghl' },
  { filter: { v: { $gt: false } }, finds: 'j' },
  { filter: { v: { $gte: false } }, finds: 'ij' },
  { filter: { v: { $lt: true } }, finds: 'i' },
  { filter: { v: { $lte: true } }, finds: 'ij' },
  { filter: { v: { $in: [] } }, finds: '' },
  { filter: { v: { $in: [0, 'b', true] } }, finds: 'dhjl' },
  { filter: { v: { $in: ['b', null] } }, finds: 'abho' },
  { filter: { v: { $nin: [] } }, finds: 'abcdefghijklmno' },
  { filter: { v: { $nin: [0, 'b', true] } }, finds: 'abcefgikmno' },
  { filter: { v: { $nin: [0, null] } }, finds: 'cefghijkmn' },
  { filter: { v: { $exists: true } }, finds: 'bcdefghijklmno' },
  { filter: { v: { $exists: false } }, finds: 'a' },
  { filter: { v: { $not: { $gt: 0 } } }, finds: 'abcdfghijklmno' },
  { filter: { v: { $not: { $gte: 0, $lt: 1 } } }, finds: 'abcefghijkmno' },
  { filter: { v: { $not: { $exists: true } } }, finds: 'a' },
  { filter: { v: { $not: { $not: { $eq: 0 } } } }, finds: 'dl' },
  { filter: { v: { $not: { $in: [null, 0] } } }, finds: 'cefghijkmn' },
  { filter: { $or: [{ v: 0 }, { v: 'b' }] }, finds: 'dhl' },
  { filter: { $and: [{ v: { $gte: 0 } }, { v: { $ne: 1.5 } }] }, finds: 'dl' },
  { filter: { $or: [{ v: { $exists: false } }, { $and: [{ v: { $gt: 0 } }, { _id: 'e' }] }] }, finds: 'ae' },
  { filter: { v: 0, $or: [{ _id: 'd' }, { _id: 'e' }] }, finds: 'd' },
  { filter: { _id: 'g' }, finds: 'g' },
  { filter: { _id: { $gt: 'm' } }, finds: 'no' },
  { filter: { _id: { $in: ['b', 'z', 'a'] } }, finds: 'ab' },
  { filter: { _id: { $ne: 'a' }, v: { $exists: false } }, finds: '' },
  { filter: { 'v.x': 1 }, finds: 'm' },
  { filter: { 'v.0': 0 }, finds: 'l' },
  { filter: { 'v.x.y': { $exists: false } }, finds: 'abcdefghijklmno' },
  { filter: { v: { $elemMatch: { $gte: 0 } } }, finds: 'l' },
  { filter: { v: { $elemMatch: { $ne: 0 } } }, finds: 'lno' },
  { filter: { toString: { $exists: true } }, finds: '' },
];

/** Arrays of objects, and paths through them. */
const nested: readonly Document[] = [
  {
    _id: 'a',
    lines: [
      { sku: 'x', n: 1 },
      { sku: 'y', n: 5 },
    ],
  },
  { _id: 'b', lines: [{ sku: 'x', n: 5 }, { n: 1 }] },
  { _id: 'c', lines: [] },
  { _id: 'd', lines: { sku: 'x', n: 7 } },
  { _id: 'e' },
  { _id: 'f', lines: [1, 2] },
  { _id: 'g', lines: [{ sku: ['x', 'z'], n: null }] },
  { _id: 'h', lines: null },
];

const paths: readonly Case[] = [
  { filter: { 'lines.sku': 'x' }, finds: 'abdg' },
  { filter: { 'lines.sku': 'z' }, finds: 'g' },
  { filter: { 'lines.sku': { $ne: 'x' } }, finds: 'cefh' },
  { filter: { 'lines.n': { $gt: 4 } }, finds: 'abd' },
  { filter: { 'lines.n': { $gt: 5, $lt: 7 } }, finds: '' },
  { filter: { lines: { $elemMatch: { sku: 'x', n: { $gt: 4 } } } }, finds: 'b' },
  { filter: { lines: { $elemMatch: { sku: 'x', n: { $lt: 4 } } } }, finds: 'a' },
  { filter: { lines: { $elemMatch: { sku: { $exists: false } } } }, finds: 'b' },
  { filter: { lines: { $elemMatch: { $gt: 1 } } }, finds: 'f' },
  { filter: { lines: { $not: { $elemMatch: { sku: 'x' } } } }, finds: 'cdefh' },
  { filter: { 'lines.sku': { $elemMatch: { $eq: 'z' } } }, finds: 'g' },
  { filter: { 'lines.sku': { $exists: true } }, finds: 'abdg' },
  { filter: { 'lines.sku': { $exists: false } }, finds: 'cefh' },
  { filter: { 'lines.1.n': 5 }, finds: 'a' },
  { filter: { 'lines.0.sku': 'x' }, finds: 'abg' },
  { filter: { 'lines.n': { $in: [7, 1] } }, finds: 'abd' },
];

export function filterContract(name: string, create: () => Promise<ReadStoreHarness>): void {
  describe(`read store: ${name}: filters`, () => {
    const store = eachTestItsStore(create);
    const cases: readonly [
      title: string,
      fields: readonly string[],
      documents: readonly Document[],
      cases: readonly Case[],
    ][] = [
      ['values, indexed', ['v'], values, scalars],
      ['values, not indexed', [], values, scalars],
      ['arrays of objects, indexed', ['lines', 'lines.sku', 'lines.n'], nested, paths],
      ['arrays of objects, not indexed', [], nested, paths],
    ];
    it.each(cases)('selects as MongoDB does: %s', async (_, fields, documents, list) => {
      const { writer, reader } = await store.openThings(fields, documents);
      for (const { filter, finds } of list) {
        for (const views of [writer, reader]) {
          const found = idsOf(await views.find('things', { filter })).join('');
          expect(found, JSON.stringify(filter)).toBe(finds);
          expect(await views.count('things', filter), JSON.stringify(filter)).toBe(finds.length);
        }
      }
    });

    it('selects among plain values alone just as it does beside arrays', async () => {
      const plain = values.filter(({ _id }) => 'abcdefghij'.includes(_id));
      const { reader } = await store.openThings(['v'], plain);
      for (const { filter, finds } of scalars) {
        const expected = [...finds].filter((id) => 'abcdefghij'.includes(id)).join('');
        expect(idsOf(await reader.find('things', { filter })).join(''), JSON.stringify(filter)).toBe(expected);
        expect(await reader.count('things', filter), JSON.stringify(filter)).toBe(expected.length);
      }
    });

    it('compares strings by their UTF-8 bytes, and tells equal looking ones apart', async () => {
      const { reader } = await store.openThings(
        ['v'],
        withValues(['z', 'é', 'e\u0301', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '\u{1F600}', 'a\u0000b', 'a', 'A']),
      );
      const find = async (filter: Filter): Promise<string> => idsOf(await reader.find('things', { filter })).join('');
      expect(await find({ v: 'é' })).toBe('b');
      expect(await find({ v: 'a' })).toBe('j');
      expect(await find({ v: { $gt: '\uE000' } })).toBe('fgh');
      expect(await find({ v: { $lt: '\u{10000}' } })).toBe('abcdefijk');
      expect(await find({ v: { $gte: 'a', $lt: 'b' } })).toBe('ij');
    });

    it('refuses what is not in the language, on every read', async () => {
      const { reader } = await store.openThings(['v'], []);
      const wrong = { v: { $where: '1' } };
      const refusal = { code: 'filter-operator-unknown', pointer: '/v/$where' };
      await expect(reader.find('things', { filter: wrong })).rejects.toMatchObject(refusal);
      await expect(reader.count('things', wrong)).rejects.toMatchObject(refusal);
      await expect(reader.stream('things', { filter: wrong })[Symbol.asyncIterator]().next()).rejects.toMatchObject(
        refusal,
      );
    });
  });
}
