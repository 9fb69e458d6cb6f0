import { compileFilter } from '../matcher.ts';
import type { Document, Filter, FindOptions } from '../port.ts';
import { placeOf } from '../sort.ts';
import { findRows, planOf, type Source, seqReader, sortedSeqs } from './find.ts';
import type { Page } from './queries.ts';

/** A page ends when it has this much text, in UTF-16 units, so that large documents do not fill the memory. */
const MAX_PAGE_LENGTH = 2 ** 20;

/** What is left of a stream that no index gives in its order: row numbers, in order. */
export interface SortedStream {
  seqs: readonly number[];
}

/**
 * The first page of a stream (or the next one, by `after`) where an index gives the order: nothing is kept between two
 * pages, so a slow reader holds nothing up. Else what the stream has to remember.
 */
export function* firstPage(
  source: Source,
  options: FindOptions,
  limit: number,
): Generator<undefined, Page | SortedStream, undefined> {
  const plan = planOf(source, options);
  if (plan.mode === 'scan' || !plan.seeks) return { seqs: yield* sortedSeqs(source, plan, options) };
  const texts: string[] = [];
  let length = 0;
  for (const row of findRows(source, { ...options, limit })) {
    yield undefined;
    if (row === undefined) continue;
    texts.push(row.json);
    length += row.json.length;
    if (length >= MAX_PAGE_LENGTH) break;
  }
  const full = texts.length >= limit || length >= MAX_PAGE_LENGTH;
  const last = full ? texts.at(-1) : undefined;
  const next = last === undefined ? null : { after: placeOf(JSON.parse(last), options.sort) };
  return { json: `[${texts.join(',')}]`, rows: texts.length, next };
}

/** Takes a page from a stream. A document that no longer passes the filter is left out. */
export function* nextPage(
  source: Source,
  stream: SortedStream,
  filter: Filter | undefined,
  limit: number,
): Generator<undefined, Omit<Page, 'next'>, undefined> {
  const matches = compileFilter(filter);
  const read = seqReader(source);
  const texts: string[] = [];
  let length = 0;
  let taken = 0;
  for (const seq of stream.seqs) {
    taken++;
    const json = read(seq);
    yield undefined;
    if (json === undefined) continue;
    const document: Document = JSON.parse(json);
    if (!matches(document)) continue;
    texts.push(json);
    length += json.length;
    if (texts.length >= limit || length >= MAX_PAGE_LENGTH) break;
  }
  stream.seqs = stream.seqs.slice(taken);
  return { json: `[${texts.join(',')}]`, rows: texts.length };
}
