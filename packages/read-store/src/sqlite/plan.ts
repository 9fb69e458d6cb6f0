import { ReadStoreError } from '../errors.ts';
import { understandFilter } from '../filter.ts';
import type { Filter, FindOptions } from '../port.ts';
import { totalOrder } from '../sort.ts';
import { chooseAccess, type RowCounter } from './access.ts';
import type { ColumnValue } from './columns.ts';
import { type ColumnSource, type SqlCondition, toSql } from './conditions.ts';
import type { CollectionLayout } from './layout.ts';
import { afterValues, type OrderColumn, orderBy, type Segment, segmentsAfter } from './order.ts';

/** A query of SQL, with its parameters. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly ColumnValue[];
}

/** How to go through the candidates of a filter, in no order: a statement of `(seq, doc)`. */
export interface ScanPlan extends Statement {
  readonly mode: 'scan';
  /** False: what SQL gives still has to pass the filter. */
  readonly exact: boolean;
}

/** How to find documents in an order that SQL can give: statements of `(doc)` or `(seq)`, one after the other. */
export interface OrderedPlan {
  /** `streamed`: of documents. `picked`: of row numbers, whose documents are read one by one. */
  readonly mode: 'streamed' | 'picked';
  /** True if an index gives the order, so that going on after a row costs no more than the rows to come. */
  readonly seeks: boolean;
  readonly statements: readonly Statement[];
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
  const table = `${collection.documents} ${access.clause}`;
  const streamed = access.ordered === 'fully';
  // Where SQL has to sort, it should do so once.
  const parts = access.ordered === 'no' && segments.length > 1 ? [anyOf(segments)] : segments;
  const statements = parts.map((segment) => {
    const { sql, params } = conjunction([access.candidates, where, segment]);
    return { sql: `select ${streamed ? 'doc' : 'seq'} from ${table} where ${sql} order by ${orderBy(order)}`, params };
  });
  const mode = streamed ? 'streamed' : 'picked';
  return { mode, seeks: access.ordered !== 'no', statements, exact: where?.exact ?? false };
}

/**
 * Plans to go through what a filter selects, in no order.
 * @throws {FilterError}
 */
export function planScan(
  collection: CollectionLayout,
  source: ColumnSource,
  filter: Filter | undefined,
  countRows: RowCounter,
): ScanPlan {
  const condition = understandFilter(filter ?? {});
  const access = chooseAccess(collection, source, condition, undefined, countRows);
  const where = toSql(condition, source);
  const { sql, params } = conjunction([access.candidates, where]);
  const from = `${collection.documents} ${access.clause}`;
  return { mode: 'scan', sql: `select seq, doc from ${from} where ${sql}`, params, exact: where?.exact ?? false };
}

function segmentsOf(options: FindOptions, order: readonly OrderColumn[]): readonly Segment[] | undefined {
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
