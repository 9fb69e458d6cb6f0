import { describe, expect, it } from 'vitest';
import type { Document, Json, Pipeline } from '../port.ts';
import { eachTestItsStore, type ReadStoreHarness } from './harness.ts';

const sales: readonly Document[] = [
  {
    _id: 'a',
    shop: 'x',
    day: 1,
    amount: 10,
    lines: [
      { sku: 'p', n: 1 },
      { sku: 'q', n: 2 },
    ],
  },
  { _id: 'b', shop: 'y', day: 1, amount: 20, lines: [{ sku: 'p', n: 3 }] },
  { _id: 'c', shop: 'x', day: 2, amount: 5, lines: [] },
  { _id: 'd', shop: null, day: 2, amount: null },
  { _id: 'e', day: 3, amount: 'n/a', lines: [{ sku: 'q', n: 4 }] },
  { _id: 'f', shop: 'x', day: 3, amount: 1.5, name: { family: 'Zoë' } },
];

interface Case {
  readonly title: string;
  readonly pipeline: Pipeline;
  readonly gives: readonly Json[];
}

const cases: readonly Case[] = [
  {
    title: '$group counts, sums and averages numbers; null and missing are one group',
    pipeline: [
      {
        $group: {
          _id: '$shop',
          n: { $sum: 1 },
          all: { $count: {} },
          sum: { $sum: '$amount' },
          avg: { $avg: '$amount' },
        },
      },
      { $sort: { _id: 1 } },
    ],
    gives: [
      { _id: null, n: 2, all: 2, sum: 0, avg: null },
      { _id: 'x', n: 3, all: 3, sum: 16.5, avg: 5.5 },
      { _id: 'y', n: 1, all: 1, sum: 20, avg: 20 },
    ],
  },
  {
    title: '$min and $max go by the order of all values, and leave out null and missing',
    pipeline: [
      { $group: { _id: null, min: { $min: '$amount' }, max: { $max: '$amount' }, none: { $max: '$nothing' } } },
    ],
    gives: [{ _id: null, min: 1.5, max: 'n/a', none: null }],
  },
  {
    title: '$match comes first or later; $group by several fields',
    pipeline: [
      { $match: { shop: { $in: ['x', 'y'] } } },
      { $group: { _id: { shop: '$shop', day: '$day' }, sum: { $sum: '$amount' } } },
      { $match: { sum: { $gte: 5 } } },
      { $sort: { sum: -1 } },
    ],
    gives: [
      { _id: { shop: 'y', day: 1 }, sum: 20 },
      { _id: { shop: 'x', day: 1 }, sum: 10 },
      { _id: { shop: 'x', day: 2 }, sum: 5 },
    ],
  },
  {
    title: '$unwind makes a row of each item',
    pipeline: [
      { $unwind: '$lines' },
      { $group: { _id: '$lines.sku', n: { $sum: '$lines.n' } } },
      { $sort: { n: -1, _id: 1 } },
    ],
    gives: [
      { _id: 'q', n: 6 },
      { _id: 'p', n: 4 },
    ],
  },
  {
    title: '$unwind keeps rows without items if asked to',
    pipeline: [
      { $unwind: { path: '$lines', preserveNullAndEmptyArrays: true } },
      { $project: { sku: '$lines.sku' } },
      { $sort: { _id: 1, sku: 1 } },
    ],
    gives: [
      { _id: 'a', sku: 'p' },
      { _id: 'a', sku: 'q' },
      { _id: 'b', sku: 'p' },
      { _id: 'c' },
      { _id: 'd' },
      { _id: 'e', sku: 'q' },
      { _id: 'f' },
    ],
  },
  {
    title: '$project keeps fields and computes others',
    pipeline: [
      { $match: { _id: { $in: ['a', 'f'] } } },
      { $sort: { _id: -1 } },
      {
        $project: {
          _id: 0,
          'name.family': 1,
          week: { $floor: { $divide: ['$day', 2] } },
          size: { $cond: [{ $gte: ['$amount', 5] }, 'large', 'small'] },
          shop: { $ifNull: ['$shop', 'none'] },
          twice: { $multiply: ['$amount', 2] },
        },
      },
    ],
    gives: [
      { name: { family: 'Zoë' }, week: 1, size: 'small', shop: 'x', twice: 3 },
      { week: 0, size: 'large', shop: 'x', twice: 20 },
    ],
  },
  {
    title: '$sort and $limit take the first; null is first ascending',
    pipeline: [{ $sort: { amount: 1 } }, { $limit: 2 }, { $project: { amount: 1 } }],
    gives: [
      { _id: 'd', amount: null },
      { _id: 'f', amount: 1.5 },
    ],
  },
  {
    title: '$count counts',
    pipeline: [{ $match: { day: { $gt: 1 } } }, { $count: 'rows' }],
    gives: [{ rows: 4 }],
  },
  {
    title: '$group of nothing',
    pipeline: [{ $match: { day: 77 } }, { $group: { _id: null, n: { $sum: 1 } } }],
    gives: [],
  },
  {
    title: 'comparisons tell null from missing, and order values of all types',
    pipeline: [
      {
        $project: {
          isNull: { $eq: ['$shop', null] },
          belowText: { $lt: ['$amount', ''] },
          both: { $and: [{ $gt: ['$day', 1] }, { $not: [{ $eq: ['$day', 3] }] }] },
          either: { $or: [{ $eq: ['$day', 1] }, { $ne: ['$shop', 'x'] }] },
        },
      },
      { $sort: { _id: 1 } },
    ],
    gives: [
      { _id: 'a', isNull: false, belowText: true, both: false, either: true },
      { _id: 'b', isNull: false, belowText: true, both: false, either: true },
      { _id: 'c', isNull: false, belowText: true, both: true, either: false },
      { _id: 'd', isNull: true, belowText: true, both: true, either: true },
      { _id: 'e', isNull: false, belowText: false, both: false, either: true },
      { _id: 'f', isNull: false, belowText: true, both: false, either: false },
    ],
  },
  { title: 'no stage gives all documents', pipeline: [{ $match: { _id: 'c' } }], gives: [sales[2] as Json] },
];

export function aggregateContract(name: string, create: () => Promise<ReadStoreHarness>): void {
  describe(`read store: ${name}: aggregation`, () => {
    const store = eachTestItsStore(create);

    it.each([
      ['indexed', ['shop', 'day', 'amount', 'nothing']],
      ['not indexed', []],
    ])('aggregates as MongoDB does, %s', async (_, fields) => {
      const { writer, reader } = await store.openThings(fields, sales);
      for (const { title, pipeline, gives } of cases) {
        for (const views of [writer, reader]) {
          expect(await views.aggregate('things', pipeline), title).toEqual(gives);
        }
      }
    });

    it('takes strings of all alphabets in the order of their UTF-8 bytes', async () => {
      const texts = ['\u{1F600}', '\uFFFD', 'é', 'z'].map((v, i) => ({ _id: `${i}`, v }));
      const { reader } = await store.openThings(['v'], texts);
      expect(await reader.aggregate('things', [{ $group: { _id: null, max: { $max: '$v' } } }])).toEqual([
        { _id: null, max: '\u{1F600}' },
      ]);
      expect(await reader.aggregate('things', [{ $sort: { v: -1 } }, { $project: { _id: 1 } }])).toEqual([
        { _id: '0' },
        { _id: '1' },
        { _id: '2' },
        { _id: '3' },
      ]);
    });

    it('refuses what is not in the language, and says when the documents do not allow a sum', async () => {
      const { reader } = await store.openThings([], sales);
      await expect(reader.aggregate('things', [{ $lookup: {} }])).rejects.toMatchObject({
        code: 'pipeline-stage-unknown',
        pointer: '/0',
      });
      await expect(reader.aggregate('things', [{ $match: { v: { $regex: 'x' } } }])).rejects.toMatchObject({
        code: 'pipeline-value-invalid',
        pointer: '/0/$match/v/$regex',
      });
      await expect(reader.aggregate('things', [{ $project: { x: { $add: ['$shop', 1] } } }])).rejects.toMatchObject({
        code: 'pipeline-failed',
      });
    });
  });
}
