import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { attributeView, instant, money, stage } from '@tenure/contracts';
import type { Document, FindOptions } from '@tenure/read-store';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { errorProblem } from './error-problem.ts';
import { defineList } from './list.ts';
import type { ComputedField } from './list-filter.ts';
import { listedDocuments } from './listed-documents.ts';

const row = z.strictObject({
  id: z.string(),
  stage,
  points: z.int(),
  key: z.boolean(),
  lastPurchaseAt: instant.nullable(),
  recency: z.int().nullable(),
  spend: z.array(money),
  tags: z.array(z.string()),
  attributes: z.record(z.string(), attributeView),
});

const list = defineList({
  collection: 'customers',
  row,
  description: 'Customers',
  key: 'id',
  order: 'id',
  rowOf: ({ _id, ...fields }) => row.parse({ ...fields, recency: null }),
});

const document = (id: string, fields: object = {}): Document => ({
  _id: id,
  id,
  stage: 'new',
  points: 0,
  key: false,
  lastPurchaseAt: null,
  spend: [],
  tags: [],
  attributes: {},
  ...fields,
});

const documents = [
  document('a', { points: 5, lastPurchaseAt: '2026-01-01T00:00:00.000Z' }),
  document('b', { points: 5, stage: 'loyal', spend: [{ amountMinor: 10, currency: 'GBP' }] }),
  document('c', { points: -1, lastPurchaseAt: '2026-02-01T00:00:00.000Z', key: true, tags: ['vip'] }),
  document('d', {
    points: 7,
    attributes: {
      city: { value: 'London', category: 'contact', source: 'web', observedAt: '2026-01-05T00:00:00.000Z' },
    },
  }),
  document('e', { points: 5, spend: [{ amountMinor: 99, currency: 'EUR' }] }),
];
const views = listedDocuments('v1', documents);

const json = 'application/json';
const ask = async (query: Record<string, string>, contentType = json, from = views) =>
  list.answer({ contentType, query: list.query.parse(query) }, from, { recency });
const found = async (query: Record<string, string>): Promise<readonly string[]> => {
  const { items } = JSON.parse((await ask(query)).text ?? '');
  return items.map(({ id }: { id: string }) => id);
};
const filtered = (filter: object) => found({ filter: JSON.stringify(filter) });
const refusal = async (query: Record<string, string>): Promise<readonly (string | undefined)[]> => {
  try {
    await ask(query);
  } catch (error) {
    const problem = errorProblem(error);
    return [problem.code, problem.errors[0]?.pointer];
  }
  return ['no refusal'];
};

const day = 24 * 60 * 60 * 1000;
const now = Date.parse('2026-02-11T00:00:00Z');
/** Days since lastPurchaseAt, at least so many: what a service does for it. */
const recency: ComputedField = {
  filter: (comparison, value) => {
    if (value === null || comparison !== '$gte') return { lastPurchaseAt: null };
    return { lastPurchaseAt: { $lte: new Date(now - value * day).toISOString() } };
  },
  sort: (direction) => [{ field: 'lastPurchaseAt', direction: direction === 1 ? -1 : 1 }],
};

test('what is asked of the id is asked of the key of the documents, which has an index', async () => {
  const keyed = defineList({ collection: 'customers', row, description: 'Customers', key: 'id', order: '-points,id' });
  const asked: FindOptions[] = [];
  const spied: typeof views = {
    ...views,
    find: async (_, options = {}) => {
      asked.push(options);
      return [];
    },
  };
  const query = { id: 'b', filter: '{"id":{"$gt":"a"}}' };
  await keyed.answer({ contentType: json, query: keyed.query.parse(query) }, spied);
  expect(asked).toMatchObject([
    {
      filter: { $and: [{ _id: 'b' }, { _id: { $gt: 'a' } }] },
      sort: [
        { field: 'points', direction: -1 },
        { field: '_id', direction: 1 },
      ],
    },
  ]);
});

describe('the filters of a list', () => {
  test('stand in the query by the names of fields, with their types', async () => {
    expect(await found({ stage: 'loyal' })).toEqual(['b']);
    expect(await found({ points: '5' })).toEqual(['a', 'b', 'e']);
    expect(await found({ key: 'true' })).toEqual(['c']);
    expect(await found({ points: '5', stage: 'new' })).toEqual(['a', 'e']);
    expect(list.query.safeParse({ stage: 'unheard-of' }).success).toBe(false);
    expect(list.query.safeParse({ points: 'five' }).success).toBe(false);
    expect(list.query.safeParse({ tags: 'vip' }).success).toBe(false);
  });

  test('take an instant in any of its forms for the same', async () => {
    for (const at of ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00.000+01:00']) {
      expect(await found({ lastPurchaseAt: at })).toEqual(['a']);
      expect(await filtered({ lastPurchaseAt: { $gte: at } })).toEqual(['a', 'c']);
      expect(await filtered({ lastPurchaseAt: { $not: { $lte: at }, $exists: true } })).toEqual(['b', 'c', 'd', 'e']);
      expect(await filtered({ $or: [{ lastPurchaseAt: { $in: [at] } }, { points: 7 }] })).toEqual(['a', 'd']);
    }
  });

  test('reach into arrays and maps', async () => {
    expect(await filtered({ 'spend.currency': 'GBP' })).toEqual(['b']);
    expect(await filtered({ spend: { $elemMatch: { currency: 'EUR', amountMinor: { $gt: 50 } } } })).toEqual(['e']);
    expect(await filtered({ tags: { $elemMatch: { $eq: 'vip' } } })).toEqual(['c']);
    expect(await filtered({ tags: 'vip' })).toEqual(['c']);
    expect(await filtered({ 'attributes.city.value': 'London' })).toEqual(['d']);
    expect(await filtered({ 'attributes.city.observedAt': { $lt: '2026-01-05T00:00:01Z' } })).toEqual(['d']);
  });

  test('on what is computed are put on what is stored', async () => {
    expect(await filtered({ recency: { $gte: 11 } })).toEqual(['a']);
    expect(await found({ sort: '-recency' })).toEqual(['b', 'd', 'e', 'a', 'c']);
  });

  test.each([
    [{ filter: '{"colour":"red"}' }, '/filter/colour'],
    [{ filter: '{"points":{"$gt":"5"}}' }, '/filter/points/$gt'],
    [{ filter: '{"$or":[{"key":true},{"key":"yes"}]}' }, '/filter/$or/1/key'],
    [{ filter: '{"lastPurchaseAt":"yesterday"}' }, '/filter/lastPurchaseAt'],
    [{ filter: '{"lastPurchaseAt":{"$in":["2026-01-01T00:00:00Z","never"]}}' }, '/filter/lastPurchaseAt/$in/1'],
    [{ filter: '{"points":{"$regex":"x"}}' }, '/filter/points/$regex'],
    [{ filter: '{"spend":"GBP"}' }, '/filter/spend'],
    [{ filter: '{"spend":{"$elemMatch":{"colour":1}}}' }, '/filter/spend/$elemMatch/colour'],
    [{ filter: '{"recency":{"$in":[1]}}' }, '/filter/recency/$in'],
    [{ filter: '{"constructor":1}' }, '/filter/constructor'],
    [{ filter: 'points' }, '/filter'],
    [{ sort: 'colour' }, '/sort'],
    [{ sort: 'attributes' }, '/sort'],
    [{ sort: 'id,-id,id,-id,id,-id' }, '/sort'],
    [{ cursor: 'nonsense' }, '/cursor'],
  ] as const)('are refused where they cannot be: %j', async (query, pointer) => {
    expect(await refusal(query)).toEqual(['invalid', pointer]);
  });

  test('cannot be asked as of another instant', async () => {
    expect(await refusal({ asOf: '2026-01-01T00:00Z' })).toEqual(['as-of-unsupported', '/asOf']);
  });
});

describe('the pages of a list', () => {
  test('hold each row once, in order, whatever their size', async () => {
    for (const sort of ['points', '-points', '-points,-stage', 'lastPurchaseAt', '-recency']) {
      const all = await found({ sort });
      for (let limit = 1; limit <= documents.length + 1; limit++) {
        const rows: string[] = [];
        let cursor: string | null | undefined;
        do {
          const answer = await ask({ sort, limit: String(limit), ...(cursor == null ? {} : { cursor }) });
          const page = JSON.parse(answer.text ?? '');
          rows.push(...page.items.map(({ id }: { id: string }) => id));
          expect(page.items.length).toBeGreaterThan(0);
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect([sort, limit, rows]).toEqual([sort, limit, all]);
      }
    }
  });

  test('go on in their own list only', async () => {
    const { nextCursor: cursor } = JSON.parse((await ask({ limit: '1' })).text ?? '');
    expect(await found({ cursor })).toEqual(['b', 'c', 'd', 'e']);
    expect(await refusal({ cursor, stage: 'new' })).toEqual(['invalid', '/cursor']);
    expect(await refusal({ cursor, sort: '-id' })).toEqual(['invalid', '/cursor']);
    const rebuilt = ask({ cursor }, json, listedDocuments('v2', documents));
    await expect(rebuilt).rejects.toMatchObject({ code: 'cursor-expired' });
  });
});

describe('other media types', () => {
  test('stream all of it without a limit, filtered and sorted', async () => {
    const { stream } = await ask({ points: '5', sort: '-id' }, 'application/x-ndjson');
    const lines = (await text(stream ?? Readable.from([]))).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['e', 'b', 'a']);
  });

  test('give a page with a limit, and where the next begins', async () => {
    const { text: csv, headers } = await ask({ limit: '1', sort: '-points' }, 'text/csv');
    expect(csv).toBe(
      'id,stage,points,key,lastPurchaseAt,recency,spend,tags,attributes\r\n' +
        'd,new,7,false,,,[],[],"{""city"":{""value"":""London"",""category"":""contact"",""source"":""web"",""observedAt"":""2026-01-05T00:00:00.000Z""}}"\r\n',
    );
    const cursor = headers?.['tenure-next-cursor'] ?? '';
    expect((await ask({ limit: '9', sort: '-points', cursor }, 'text/csv')).text).toContain('\r\na,new,5');
  });
});
