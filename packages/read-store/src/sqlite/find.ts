import { compileFilter, type Matcher } from '../matcher.ts';
import type { Document, Filter, FindOptions, Json } from '../port.ts';
import { comparePlaces, placeOf } from '../sort.ts';
import type { RowCounter } from './access.ts';
import type { ColumnSource } from './conditions.ts';
import type { Connection } from './connection.ts';
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
export function planOfScan(source: Source, filter: Filter | undefined): ScanPlan {
  return planScan(source.collection, columnsOf(source), filter, rowCounter(source.connection));
}

function columnsOf({ connection, collection }: Source): ColumnSource {
  const sql = 'select ordinal from fields where collection = ? and irregular > 0';
  const rows = connection.prepare(sql).all(collection.id);
  return columnSource(collection, new Set(rows.map((row) => Number(row.ordinal))));
}

function rowCounter(connection: Connection): RowCounter {
  return (from, params, atMost) => {
    const sql = `select count(*) as n from (select 1 from ${from} limit ${atMost})`;
    return Number(connection.prepare(sql).get(...params)?.n);
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
  for (const { sql, params } of plan.statements) {
    for (const { doc, seq } of source.connection.prepare(sql).iterate(...params)) {
      yield accepted(plan.mode === 'streamed' ? String(doc) : readSeq(source, Number(seq)), matches);
    }
  }
}

function* sortedRows(source: Source, plan: ScanPlan, options: FindOptions): Rows {
  for (const seq of yield* sortedSeqs(source, plan, options)) yield accepted(readSeq(source, seq), undefined);
}

/** The numbers of the rows that a query finds, in order, sorted here where SQL does not. Keeps no documents. */
export function* sortedSeqs(
  source: Source,
  plan: OrderedPlan | ScanPlan,
  { filter, sort = [], after, limit = Number.POSITIVE_INFINITY }: FindOptions,
): Generator<undefined, readonly number[], undefined> {
  const matches = plan.exact ? undefined : compileFilter(filter);
  if (plan.mode !== 'scan') return yield* pickedSeqs(source, plan, matches, limit);
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

function* pickedSeqs(
  source: Source,
  plan: OrderedPlan,
  matches: Matcher | undefined,
  limit: number,
): Generator<undefined, readonly number[], undefined> {
  const seqs: number[] = [];
  for (const { sql, params } of plan.statements) {
    for (const { seq } of source.connection.prepare(sql).iterate(...params)) {
      yield undefined;
      if (matches && accepted(readSeq(source, Number(seq)), matches) === undefined) continue;
      if (seqs.push(Number(seq)) >= limit) return seqs;
    }
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
  const plan = planOfScan(source, filter);
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

/** Reads a document by row number; undefined if it is gone. */
export function readSeq({ connection, collection }: Source, seq: number): string | undefined {
  const row = connection.prepare(`select doc from ${collection.documents} where seq = ?`).get(seq);
  return row && String(row.doc);
}
