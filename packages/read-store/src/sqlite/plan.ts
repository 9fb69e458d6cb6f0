import { ReadStoreError } from '../errors.ts';
import { understandFilter } from '../filter.ts';
import type { Filter, FindOptions } from '../port.ts';
import { totalOrder } from '../sort.ts';
import { chooseAccess, type RowCounter } from './access.ts';
import type { ColumnValue } from './columns.ts';
import { type ColumnSource, type SqlCondition, toSql } from './conditions.ts';
import type { Descent } from './descent.ts';
import type { CollectionLayout } from './layout.ts';
import { afterValues, type OrderColumn, type OrderSegment, orderBy, type Segment, segmentsAfter } from './order.ts';

/** A query of SQL, with its parameters. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly ColumnValue[];
}

/** How to go through the candidates of a filter, in no order. */
export interface ScanPlan extends Statement {
  readonly mode: 'scan';
  /** False: what SQL gives still has to pass the filter. */
  readonly exact: boolean;
}

/** How to find documents in an order that SQL can give. */
export interface OrderedPlan {
  /** `streamed`: statements of `(doc)`. `picked`: statements of `(seq)`, whose documents are read one by one. */
  readonly mode: 'streamed' | 'picked';
  /** True if an index gives the order, so that going on after a row costs no more than the rows to come. */
  readonly seeks: boolean;
  /** One after the other. */
  readonly parts: readonly (Statement | Descent)[];
  readonly exact: boolean;
}

/** The field `_id` and what indexes hold, as columns. */
export function columnSource(collection: CollectionLayout, irregular: ReadonlySet<number>): ColumnSource {
  const columns = new Map(collection.columns.map((column) => [column.field, column]));
  return {
    column: (field) => {
      if (field === '_id') return { name: 'id', column: undefined };
      const column = columns.get(field);
      return column && { name: column.name, column };
    },
    irregular: (field) => irregular.has(columns.get(field)?.ordinal ?? -1),
  };
}

/**
 * Plans a query; a scan where SQL cannot give the order.
 * @throws {FilterError}
 * @throws {ReadStoreError} `read-store-misuse` for an `after` that does not fit the sort
 */
export function planFind(
  collection: CollectionLayout,
  source: ColumnSource,
  options: FindOptions,
  countRows: RowCounter,
): OrderedPlan | ScanPlan {
  const order = orderColumns(options, source);
  const segments = order && (options.after === undefined ? [undefined] : segmentsOf(options, order));
  if (order === undefined || segments === undefined) return planScan(collection, source, options.filter, countRows);
  const condition = understandFilter(options.filter ?? {});
  const access = chooseAccess(collection, source, condition, order, countRows);
  const where = toSql(condition, source);
  const exact = where?.exact ?? false;
  const table = `${collection.documents} ${access.clause}`;
  if (access.ordered === 'grouped') {
    const parts = descending(table, where, order, segments);
    return { mode: 'picked', seeks: true, parts, exact };
  }
  const streamed = access.ordered === 'fully';
  // Where SQL has to sort, it should do so once.
  const ranges = access.ordered === 'no' && segments.length > 1 ? [anyOf(segments)] : segments;
  const parts = ranges.map((range) => {
    const { sql, params } = conjunction([access.candidates, where, range]);
    return { sql: `select ${streamed ? 'doc' : 'seq'} from ${table} where ${sql} order by ${orderBy(order)}`, params };
  });
  return { mode: streamed ? 'streamed' : 'picked', seeks: streamed, parts, exact };
}

/** By one column descending: a range of it is walked down; ties, and what has no value, come by id. */
function descending(
  table: string,
  where: SqlCondition | undefined,
  order: readonly OrderColumn[],
  segments: readonly (OrderSegment | undefined)[],
): readonly (Statement | Descent)[] {
  const column = order[0]?.name ?? 'id';
  const all: readonly OrderSegment[] = [
    { sql: `${column} is not null`, params: [], ties: false },
    { sql: `${column} is null`, params: [], ties: true },
  ];
  return segments
    .flatMap((segment) => segment ?? all)
    .map((segment) => {
      if (!segment.ties) return { table, where: conjunction([where]), column, from: segment };
      const { sql, params } = conjunction([where, segment]);
      return { sql: `select seq from ${table} where ${sql} order by id`, params };
    });
}

/**
 * Plans to go through what a filter selects, in no order; `columns` are those of the statement.
 * @throws {FilterError}
 */
export function planScan(
  collection: CollectionLayout,
  source: ColumnSource,
  filter: Filter | undefined,
  countRows: RowCounter,
  columns = 'seq, doc',
): ScanPlan {
  const condition = understandFilter(filter ?? {});
  const access = chooseAccess(collection, source, condition, undefined, countRows);
  const where = toSql(condition, source);
  const { sql, params } = conjunction([access.candidates, where]);
  const from = `${collection.documents} ${access.clause}`;
  return { mode: 'scan', sql: `select ${columns} from ${from} where ${sql}`, params, exact: where?.exact ?? false };
}

function segmentsOf(options: FindOptions, order: readonly OrderColumn[]): readonly OrderSegment[] | undefined {
  const sort = options.sort ?? [];
  return segmentsAfter(order, afterValues(sort, totalOrder(sort), options.after ?? []));
}

/** The total order in columns; undefined if some field has none, or one that does not hold all its values. */
function orderColumns({ sort = [], after }: FindOptions, source: ColumnSource): readonly OrderColumn[] | undefined {
  if (after !== undefined && (after.length !== sort.length + 1 || typeof after.at(-1) !== 'string')) {
    throw new ReadStoreError('read-store-misuse', 'after takes the values of the sort fields and an _id');
  }
  const columns = totalOrder(sort).map(({ field, direction }) => {
    const found = source.column(field);
    return found && !source.irregular(field) ? { name: found.name, direction } : undefined;
  });
  return columns.every((column) => column !== undefined) ? columns : undefined;
}

function anyOf(segments: readonly (Segment | undefined)[]): Segment {
  const known = segments.filter((segment) => segment !== undefined);
  return { sql: known.map(({ sql }) => `(${sql})`).join(' or '), params: known.flatMap(({ params }) => params) };
}

function conjunction(parts: readonly (Segment | SqlCondition | undefined)[]): Segment {
  const known = parts.filter((part) => part !== undefined);
  return {
    sql: known.length === 0 ? '1' : known.map(({ sql }) => `(${sql})`).join(' and '),
    params: known.flatMap(({ params }) => params),
  };
}
