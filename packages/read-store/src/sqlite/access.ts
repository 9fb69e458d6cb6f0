import type { Condition, Test } from '../filter.ts';
import type { ColumnValue } from './columns.ts';
import { type ColumnSource, type SqlCondition, toSql } from './conditions.ts';
import type { CollectionLayout } from './layout.ts';
import type { OrderColumn, Segment } from './order.ts';

/** The way to the rows of a query. */
export interface Access {
  /** What follows the table's name: which index SQLite has to use. */
  readonly clause: string;
  /** A condition that names candidates, beside the filter itself. */
  readonly candidates: Segment | undefined;
  /** Whether the index gives rows in their order: all of it, all but ties, or not. */
  readonly ordered: 'fully' | 'but-ties' | 'no';
}

/** How many rows a condition selects, but no more than `atMost`. */
export type RowCounter = (from: string, params: readonly ColumnValue[], atMost: number) => number;

/**
 * So few candidates are sorted rather than looked for along the order of another index: it costs less than 2 ms.
 */
const FEW = 1_000;

/** An index, with the conditions of a filter that select a range of it. */
interface Range {
  readonly name: string;
  readonly conditions: readonly SqlCondition[];
  /** How many fields are bound to one value each. */
  readonly points: number;
  readonly fields: readonly string[];
}

/**
 * Chooses the index by which a query goes. SQLite has no statistics here, so it is told: the index that gives the order
 * within what the filter picks; else whichever selects few rows, which are then sorted; else the one in order, along
 * which most rows pass the filter; else the most selective.
 */
export function chooseAccess(
  collection: CollectionLayout,
  source: ColumnSource,
  condition: Condition,
  order: readonly OrderColumn[] | undefined,
  countRows: RowCounter,
): Access {
  const parts = condition.op === 'and' ? condition.of : [condition];
  const indexes = [{ name: `${collection.documents}_id`, fields: ['_id'] }, ...collection.indexes];
  const ranges = indexes.map((index) => rangeOf(index, parts, source));
  const inOrder = order && mostPoints(ranges.filter((range) => orderedBy(range, source, order) !== 'no'));
  if (inOrder && inOrder.points > 0 && inOrder.points === parts.length) return accessBy(inOrder, source, order);

  const selective = ranges.filter((range) => range.conditions.length > 0);
  const items = parts.map((part) => itemCandidates(collection, source, part)).filter((part) => part !== undefined);
  let best: { readonly rows: number; readonly access: Access } | undefined;
  for (const range of selective) {
    const { sql, params } = all(range.conditions);
    const from = `${collection.documents} indexed by ${range.name} where ${sql}`;
    const rows = countRows(from, params, best?.rows ?? FEW * 20);
    if (best === undefined || rows < best.rows) best = { rows, access: accessBy(range, source, order) };
  }
  for (const candidates of items) {
    const rows = countRows(`(${candidates.select})`, candidates.params, best?.rows ?? FEW * 20);
    const sql = `seq in (${candidates.select})`;
    const access: Access = { clause: 'not indexed', candidates: { sql, params: candidates.params }, ordered: 'no' };
    if (best === undefined || rows < best.rows) best = { rows, access };
  }
  if (best !== undefined && (best.rows < FEW || inOrder === undefined)) return best.access;
  if (inOrder !== undefined) return accessBy(inOrder, source, order);
  return { clause: 'not indexed', candidates: undefined, ordered: 'no' };
}

function accessBy(range: Range, source: ColumnSource, order: readonly OrderColumn[] | undefined): Access {
  const ordered = order === undefined ? 'no' : orderedBy(range, source, order);
  return { clause: `indexed by ${range.name}`, candidates: undefined, ordered };
}

/** The conditions that an index serves: one value for each of its first fields, then a range of the next. */
function rangeOf(
  index: { readonly name: string; readonly fields: readonly string[] },
  parts: readonly Condition[],
  source: ColumnSource,
): Range {
  const conditions: SqlCondition[] = [];
  let points = 0;
  for (const field of index.fields) {
    const own = parts.filter((part) => part.op === 'field' && part.path === field && !source.irregular(field));
    const tests = own.flatMap((part) => (part.op === 'field' && isRange(part.test) ? [part] : []));
    conditions.push(...tests.map((part) => toSql(part, source)).filter((sql) => sql !== undefined));
    if (!tests.some((part) => part.test.op === 'eq')) break;
    points++;
  }
  return { name: index.name, fields: index.fields, conditions, points };
}

function isRange(test: Test): boolean {
  return test.op === 'eq' || test.op === 'in' || isComparison(test);
}

function isComparison(test: Test): boolean {
  return test.op === 'gt' || test.op === 'gte' || test.op === 'lt' || test.op === 'lte';
}

function orderedBy(range: Range, source: ColumnSource, order: readonly OrderColumn[]): Access['ordered'] {
  const columns = [...range.fields.map((field) => source.column(field)?.name), 'id'];
  const bound = columns.slice(0, range.points);
  const free = columns.slice(range.points);
  const wanted = order.filter((column) => !bound.includes(column.name));
  // A row found by its id is alone.
  if (bound.includes('id') || wanted.length === 0) return 'fully';
  if (!wanted.every((column, i) => column.name === free[i])) return 'no';
  if (wanted.every((column) => column.direction === wanted[0]?.direction)) return 'fully';
  const keys = wanted.slice(0, -1);
  return keys.every((column) => column.direction === keys[0]?.direction) ? 'but-ties' : 'no';
}

function mostPoints(ranges: readonly Range[]): Range | undefined {
  return ranges.reduce<Range | undefined>(
    (best, range) => (best && best.points >= range.points ? best : range),
    undefined,
  );
}

/** A field that is an array in some documents is looked up by its items, and by the column for all others. */
function itemCandidates(
  collection: CollectionLayout,
  source: ColumnSource,
  part: Condition,
): { readonly select: string; readonly params: readonly ColumnValue[] } | undefined {
  if (part.op !== 'field' || !source.irregular(part.path)) return undefined;
  const { test } = part;
  const wantsNull = (test.op === 'eq' && test.value === null) || (test.op === 'in' && test.values.includes(null));
  const column = source.column(part.path)?.column;
  if (column === undefined || wantsNull || !isRange(test)) return undefined;
  const regular: ColumnSource = { column: (field) => source.column(field), irregular: () => false };
  const inColumn = toSql(part, regular);
  const inItems = toSql(part, { ...regular, column: () => ({ name: 'value', column }) });
  if (inColumn === undefined || inItems === undefined) return undefined;
  const index = collection.indexes.find((candidate) => candidate.fields[0] === part.path);
  if (index === undefined) return undefined;
  return {
    select:
      `select seq from ${collection.documents} indexed by ${index.name} where ${inColumn.sql} ` +
      `union select seq from ${collection.items} where field = ${column.ordinal} and ((${inItems.sql}) or value = x'ff')`,
    params: [...inColumn.params, ...inItems.params],
  };
}

function all(conditions: readonly SqlCondition[]): Segment {
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(' and '),
    params: conditions.flatMap(({ params }) => params),
  };
}
