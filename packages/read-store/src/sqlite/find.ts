import { compileFilter, type Matcher } from '../matcher.ts';
import type { Document, Filter, FindOptions, Json } from '../port.ts';
import { comparePlaces, placeOf } from '../sort.ts';
import type { RowCounter } from './access.ts';
import type { ColumnSource } from './conditions.ts';
import type { Connection } from './connection.ts';
import { descend } from './descent.ts';
import type { CollectionLayout } from './layout.ts';
import { columnSource, type OrderedPlan, planFind, planScan, type ScanPlan } from './plan.ts';

/** A document that was found, as its JSON text. */
export interface Row {
  readonly json: string;
  /** Set where it had to be parsed anyway. */
  readonly document?: Document;
}

/** Rows as they are found; undefined where there is none yet, so that the caller may pause there. */
export type Rows = Generator<Row | undefined, void, undefined>;

/** What a query reads from: a connection within a read transaction. */
export interface Source {
  readonly connection: Connection;
  readonly collection: CollectionLayout;
}

/** How many sorted places are gathered beyond the limit before all but the first are dropped. */
const SLACK = 2_000;

/**
 * Plans a find.
 * @throws {FilterError}
 * @throws {ReadStoreError} `read-store-misuse`
 */
export function planOf(source: Source, options: FindOptions): OrderedPlan | ScanPlan {
  return planFind(source.collection, columnsOf(source), options, rowCounter(source.connection));
}

/**
 * Plans a scan.
 * @throws {FilterError}
 */
export function planOfScan(source: Source, filter: Filter | undefined, columns?: string): ScanPlan {
  return planScan(source.collection, columnsOf(source), filter, rowCounter(source.connection), columns);
}

/** What SQL knows of a collection at this moment. */
export function columnsOf({ connection, collection }: Source): ColumnSource {
  const sql = 'select ordinal from fields where collection = ? and irregular > 0';
  const rows = connection.prepare(sql).all(collection.id);
  return columnSource(collection, new Set(rows.map((row) => Number(row.ordinal))));
}

function rowCounter(connection: Connection): RowCounter {
  return (from, params, atMost) => {
    const sql = `select count(*) as n from (select 1 from ${from} limit ?)`;
    return Number(connection.prepare(sql).get(...params, atMost)?.n);
  };
}

/** Finds documents, in order. */
export function* findRows(source: Source, options: FindOptions): Rows {
  const plan = planOf(source, options);
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  const rows = plan.mode === 'scan' ? sortedRows(source, plan, options) : orderedRows(source, plan, options.filter);
  for (const row of rows) {
    yield row;
    if (row !== undefined && --left === 0) return;
  }
}

function* orderedRows(source: Source, plan: OrderedPlan, filter: Filter | undefined): Rows {
  const matches = plan.exact ? undefined : compileFilter(filter);
  if (plan.mode === 'picked') {
    const read = seqReader(source);
    for (const seq of pickedSeqs(source, plan)) yield accepted(read(seq), matches);
    return;
  }
  for (const part of plan.parts) {
    if ('from' in part) continue;
    for (const { doc } of source.connection.prepare(part.sql).iterate(...part.params)) {
      yield accepted(String(doc), matches);
    }
  }
}

/** The row numbers of a `picked` plan, in order. */
function* pickedSeqs({ connection }: Source, plan: OrderedPlan): Generator<number> {
  for (const part of plan.parts) {
    if ('from' in part) {
      yield* descend(connection, part);
    } else {
      for (const { seq } of connection.prepare(part.sql).iterate(...part.params)) yield Number(seq);
    }
  }
}

function* sortedRows(source: Source, plan: ScanPlan, options: FindOptions): Rows {
  const read = seqReader(source);
  for (const seq of yield* sortedSeqs(source, plan, options)) yield accepted(read(seq), undefined);
}

/** The numbers of the rows that a query finds, in order, sorted here where SQL does not. Keeps no documents. */
export function* sortedSeqs(
  source: Source,
  plan: OrderedPlan | ScanPlan,
  { filter, sort = [], after, limit = Number.POSITIVE_INFINITY }: FindOptions,
): Generator<undefined, readonly number[], undefined> {
  const matches = plan.exact ? undefined : compileFilter(filter);
  if (plan.mode !== 'scan') return yield* passingSeqs(source, plan, matches, limit);
  let found: { readonly place: readonly Json[]; readonly seq: number }[] = [];
  const cut = (): void => {
    found = found.sort((a, b) => comparePlaces(a.place, b.place, sort)).slice(0, limit);
  };
  for (const { doc, seq } of source.connection.prepare(plan.sql).iterate(...plan.params)) {
    yield undefined;
    const document: Document = JSON.parse(String(doc));
    if (matches?.(document) === false) continue;
    const place = placeOf(document, sort);
    if (after !== undefined && comparePlaces(place, after, sort) <= 0) continue;
    found.push({ place, seq: Number(seq) });
    if (found.length >= limit + SLACK) cut();
  }
  cut();
  return found.map(({ seq }) => seq);
}

function* passingSeqs(
  source: Source,
  plan: OrderedPlan,
  matches: Matcher | undefined,
  limit: number,
): Generator<undefined, readonly number[], undefined> {
  const read = seqReader(source);
  const seqs: number[] = [];
  for (const seq of pickedSeqs(source, plan)) {
    yield undefined;
    if (matches !== undefined && accepted(read(seq), matches) === undefined) continue;
    if (seqs.push(seq) >= limit) break;
  }
  return seqs;
}

/** The documents that a filter selects, in no order. */
export function* scanRows(source: Source, filter: Filter | undefined): Rows {
  const plan = planOfScan(source, filter);
  const matches = plan.exact ? undefined : compileFilter(filter);
  for (const { doc } of source.connection.prepare(plan.sql).iterate(...plan.params)) {
    yield accepted(String(doc), matches);
  }
}

/** Counts documents. */
export function* countRows(source: Source, filter: Filter | undefined): Generator<undefined, number, undefined> {
  const plan = planOfScan(source, filter, '1');
  if (plan.exact) {
    const row = source.connection.prepare(`select count(*) as n from (${plan.sql})`).get(...plan.params);
    return Number(row?.n);
  }
  let count = 0;
  for (const row of scanRows(source, filter)) {
    if (row !== undefined) count++;
    yield undefined;
  }
  return count;
}

function accepted(json: string | undefined, matches: Matcher | undefined): Row | undefined {
  if (json === undefined) return undefined;
  if (matches === undefined) return { json };
  const document: Document = JSON.parse(json);
  return matches(document) ? { json, document } : undefined;
}

/** Reads documents by row number; undefined for one that is gone. */
export function seqReader({ connection, collection }: Source): (seq: number) => string | undefined {
  const statement = connection.prepare(`select doc from ${collection.documents} where seq = ?`);
  return (seq) => {
    const row = statement.get(seq);
    return row && String(row.doc);
  };
}
