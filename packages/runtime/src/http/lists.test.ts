import { CursorError } from '@tenure/read-store';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { columnsOf, csvHeader, csvRows } from './csv.ts';
import { answerList, listResponse } from './lists.ts';
import { defineRoute } from './route.ts';
import { serve } from './testing/serve.ts';

const row = z.strictObject({
  id: z.string(),
  spend: z.strictObject({ amountMinor: z.int(), currency: z.string() }).nullable(),
  tags: z.array(z.string()),
  note: z.string().optional(),
});
type Row = z.infer<typeof row>;

const response = listResponse(row, 'A page of rows');

/** A list of `count` rows, that tells how many pages it was asked for. */
function listOf(count: number) {
  const rows: readonly Row[] = Array.from({ length: count }, (_, index) => ({
    id: String(index),
    spend: index === 1 ? null : { amountMinor: -index, currency: 'GBP' },
    tags: ['a', 'b'],
    ...(index === 2 ? { note: 'two, "quoted"\nlines' } : {}),
  }));
  let pages = 0;
  const route = defineRoute({
    method: 'GET',
    path: '/rows',
    operationId: 'listRows',
    summary: 'Rows',
    tags: ['test'],
    scopes: ['rows:read'],
    limits: { bodyBytes: 0, timeoutMs: 1_000 },
    query: z.strictObject({ limit: z.coerce.number().optional(), cursor: z.string().optional() }),
    responses: { 200: response },
    handler: (request) =>
      answerList(request, response, {
        page: async (limit, cursor = '0') => {
          const next = Number(cursor) + limit;
          return { items: rows.slice(Number(cursor), next), nextCursor: next < count ? String(next) : null };
        },
        async *stream(cursor = '0') {
          for (let at = Number(cursor); at < count; at += 100) {
            pages++;
            yield rows.slice(at, at + 100);
          }
        },
      }),
  });
  return { route, pages: () => pages };
}

const csv = { accept: 'text/csv' };
const ndjson = { accept: 'application/x-ndjson' };

describe('a list', () => {
  it('comes as a page of JSON', async () => {
    const { app } = await serve([listOf(60).route]);
    const first = (await app.inject('/rows')).json();
    expect([first.items.length, first.nextCursor]).toEqual([50, '50']);
    const second = (await app.inject('/rows?limit=20&cursor=50')).json();
    expect([second.items[0].id, second.items.length, second.nextCursor]).toEqual(['50', 10, null]);
  });

  it('comes whole as NDJSON and CSV', async () => {
    const { app } = await serve([listOf(1_050).route]);
    const lines = await app.inject({ url: '/rows', headers: ndjson });
    expect(lines.headers['content-type']).toBe('application/x-ndjson');
    expect(
      lines.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(Array.from({ length: 1_050 }, (_, index) => String(index)));
    const table = await app.inject({ url: '/rows?cursor=1000', headers: csv });
    expect(table.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(table.body.split('\r\n')).toHaveLength(1 + 50 + 1);
  });

  it('comes in pages as CSV where a limit is asked, the cursor in a header', async () => {
    const { app } = await serve([listOf(3).route]);
    const first = await app.inject({ url: '/rows?limit=2', headers: csv });
    expect(first.headers['tenure-next-cursor']).toBe('2');
    expect(first.body).toBe(
      'id,spend.amountMinor,spend.currency,tags,note\r\n0,0,GBP,"[""a"",""b""]",\r\n1,,,"[""a"",""b""]",\r\n',
    );
    const last = await app.inject({ url: '/rows?limit=2&cursor=2', headers: csv });
    expect(last.headers).not.toHaveProperty('tenure-next-cursor');
    expect(last.body).toContain('2,-2,GBP,"[""a"",""b""]","two, ""quoted""\nlines"\r\n');
  });

  it('of nothing has a header as CSV, and is empty as NDJSON', async () => {
    const { app } = await serve([listOf(0).route]);
    expect((await app.inject({ url: '/rows', headers: csv })).body).toBe(
      'id,spend.amountMinor,spend.currency,tags,note\r\n',
    );
    expect((await app.inject({ url: '/rows', headers: ndjson })).body).toBe('');
  });

  it('that cannot be read is a problem, in every media type', async () => {
    const { route } = listOf(3);
    const broken = defineRoute({
      ...route,
      query: z.strictObject({}),
      responses: { 200: response },
      handler: (request) =>
        answerList(request, response, {
          page: () => Promise.reject(new CursorError('cursor-invalid', 'not a cursor')),
          // biome-ignore lint/correctness/useYield: it fails before the first page
          async *stream() {
            throw new CursorError('cursor-invalid', 'not a cursor');
          },
        }),
    });
    const { app } = await serve([broken]);
    for (const accept of ['application/json', 'text/csv', 'application/x-ndjson']) {
      const answer = await app.inject({ url: '/rows', headers: { accept } });
      expect([answer.statusCode, answer.json().errors?.[0]?.pointer], accept).toEqual([422, '/cursor']);
    }
  });

  it('is read no further than its reader has come', async () => {
    const { route, pages } = listOf(200_000);
    const server = await serve([route]);
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const answer = await fetch(`${url}/rows`, { headers: ndjson });
    const reader = answer.body?.getReader();
    await reader?.read();
    let last = -1;
    // Until buffers are full: then two looks in a row see the same.
    await expect
      .poll(
        () => {
          const before = last;
          last = pages();
          return last === before;
        },
        { interval: 100 },
      )
      .toBe(true);
    expect(pages()).toBeLessThan(1_000);
    await reader?.cancel();
    await expect.poll(server.inFlight).toBe(0);
    expect(pages()).toBeLessThan(1_500);
  });
});

describe('CSV', () => {
  it('has a column for each field, by dot path', () => {
    expect(columnsOf(row)).toEqual(['id', 'spend.amountMinor', 'spend.currency', 'tags', 'note']);
    expect(csvHeader(['a,b', 'c'])).toBe('"a,b",c\r\n');
  });

  it('holds no text that a spreadsheet would run, and numbers as they are', () => {
    const cells = ['=1+1', '+44 20', '-x', '@sum', '\tx', '-5', '+5.25', 'plain', -5, true, null, { a: 1 }];
    const written = cells.map((a) => csvRows(['a'], [{ a }]).trimEnd());
    expect(written).toEqual([
      "'=1+1",
      "'+44 20",
      "'-x",
      "'@sum",
      "'\tx",
      '-5',
      '+5.25',
      'plain',
      '-5',
      'true',
      '',
      '"{""a"":1}"',
    ]);
  });
});
