import { Readable } from 'node:stream';
import { listAnswer } from '@tenure/contracts';
import type { z } from 'zod';
import { columnsOf, csvHeader, csvRows } from './csv.ts';
import type { RawAnswer, ResponseDefinition } from './route.ts';

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';
const CSV_TYPE = 'text/csv';

const DEFAULT_LIMIT = 50;

export interface ListQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** The good answer of a list: a page as JSON, rows as NDJSON or CSV. */
export function listResponse<S extends z.ZodType>(item: S, description: string): ListResponse<S> {
  return {
    description,
    schema: listAnswer(item),
    contentTypes: [JSON_TYPE, NDJSON_TYPE, CSV_TYPE],
    headers: {
      'Tenure-Next-Cursor': 'Where the next page begins, for CSV and NDJSON with a limit; absent on the last',
    },
    item,
  };
}

export interface ListResponse<S extends z.ZodType> extends ResponseDefinition<ReturnType<typeof listAnswer<S>>> {
  /** Schema of a row; its fields are the columns. */
  readonly item: S;
}

/** Where a list's rows come from. */
export interface ListSource<Item extends object> {
  /** One page from a cursor on. */
  page(limit: number, cursor: string | undefined): Promise<Page<Item>>;
  /** All rows from a cursor on, in pages; the next is only read when the last was sent. */
  stream(cursor: string | undefined): AsyncIterable<readonly Item[]>;
}

/**
 * Answers a list in the media type that was asked for: a page, or without `limit` all rows as CSV and NDJSON, at the pace
 * of whoever reads.
 */
export async function answerList<Item extends object>(
  request: { readonly contentType: string; readonly query: ListQuery },
  response: ListResponse<z.ZodType>,
  source: ListSource<Item>,
): Promise<RawAnswer & { readonly status: 200 }> {
  const { contentType, query } = request;
  if (contentType === JSON_TYPE) {
    const page = await source.page(query.limit ?? DEFAULT_LIMIT, query.cursor);
    return { status: 200, contentType, text: JSON.stringify(page) };
  }
  const lines = linesOf(contentType, response.item);
  if (query.limit === undefined) {
    const pages = source.stream(query.cursor)[Symbol.asyncIterator]();
    // The first page is read before the answer begins, so that what is wrong with the query can still be answered.
    const first = await pages.next();
    const stream = Readable.from(textOf(lines, first, pages), { objectMode: true, highWaterMark: 1 });
    // Also for a reader who goes before the first line; by then nobody is left to be told of an error.
    stream.once('close', () => pages.return?.().then(undefined, () => undefined));
    return { status: 200, contentType, stream };
  }
  const page = await source.page(query.limit, query.cursor);
  return {
    status: 200,
    contentType,
    headers: { 'tenure-next-cursor': page.nextCursor ?? undefined },
    text: lines.head + lines.rows(page.items),
  };
}

interface Lines {
  readonly head: string;
  rows(items: readonly object[]): string;
}

function linesOf(contentType: string, item: z.ZodType): Lines {
  if (contentType === CSV_TYPE) {
    const columns = columnsOf(item);
    return { head: csvHeader(columns), rows: (items) => csvRows(columns, items) };
  }
  return { head: '', rows: (items) => items.map((one) => `${JSON.stringify(one)}\n`).join('') };
}

async function* textOf(
  lines: Lines,
  first: IteratorResult<readonly object[]>,
  others: AsyncIterator<readonly object[]>,
): AsyncGenerator<string> {
  if (lines.head !== '') yield lines.head;
  for (let page = first; page.done !== true; page = await others.next()) {
    if (page.value.length > 0) yield lines.rows(page.value);
  }
}
