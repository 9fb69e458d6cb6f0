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
  readonly ordered: Ordered;
}

/**
 * How far an index gives rows in their order: `fully`; `grouped`, descending with ties the wrong way round; `partly`,
 * by the first key, so that SQLite sorts but those with the same value; `no`.
 */
export type Ordered = 'fully' | 'grouped' | 'partly' | 'no';

/** How many rows a condition selects, but no more than `atMost`. */
export type RowCounter = (from: string, params: readonly ColumnValue[], atMost: number) => number;

/** So few candidates are sorted rather than looked for along the order of another index: that costs about a ms. */
const FEW = 1_000;
/** Beyond this, it does not matter which index selects fewer. */
const MANY = 20_000;

/** An index, with the conditions of a filter that select a range of it. */
interface Range {
  readonly name: string;
  readonly conditions: readonly SqlCondition[];
  /** How many fields are bound to one value each. */
  readonly points: number;
  readonly ordered: Ordered;
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
  const bound = boundColumns(parts, source);
  const indexes = [{ name: `${collection.documents}_id`, fields: ['_id'] }, ...collection.indexes];
  const ranges = indexes.map((index) => rangeOf(index, parts, source, order, bound));
  const inOrder = best(ranges, (range) => RANK[range.ordered] * 100 + range.points);
  const sorted = RANK[inOrder?.ordered ?? 'no'];
  if (inOrder && sorted === 2 && inOrder.points === parts.length && parts.length > 0) return accessBy(inOrder);

  const cap = sorted === 2 ? FEW : MANY;
  let few: { readonly rows: number; readonly access: Access } | undefined;
  const consider = (from: string, params: readonly ColumnValue[], access: Access): void => {
    const rows = countRows(from, params, few?.rows ?? cap);
    if (rows < (few?.rows ?? cap) || (few === undefined && sorted === 0)) few = { rows, access };
  };
  for (const range of ranges) {
    if (range.conditions.length === 0) continue;
    const { sql, params } = all(range.conditions);
    consider(`${collection.documents} indexed by ${range.name} where ${sql}`, params, accessBy(range));
  }
  for (const part of parts) {
    const items = itemCandidates(collection, source, part);
    if (items === undefined) continue;
    const candidates = { sql: `seq in (${items.sql})`, params: items.params };
    consider(`(${items.sql})`, items.params, { clause: 'not indexed', candidates, ordered: 'no' });
  }
  if (few !== undefined) return few.access;
  if (inOrder !== undefined && sorted > 0) return accessBy(inOrder);
  return { clause: '', candidates: undefined, ordered: 'no' };
}

const RANK: Readonly<Record<Ordered, number>> = { fully: 2, grouped: 2, partly: 1, no: 0 };

function best<T>(candidates: readonly T[], score: (candidate: T) => number): T | undefined {
  return candidates.reduce<T | undefined>(
    (winner, candidate) => (winner !== undefined && score(winner) >= score(candidate) ? winner : candidate),
    undefined,
  );
}

/** The columns that a filter binds to one value, so that they do not matter to the order. */
function boundColumns(parts: readonly Condition[], source: ColumnSource): ReadonlySet<string> {
  const names = parts.map((part) =>
    part.op === 'field' && part.test.op === 'eq' && !source.irregular(part.path)
      ? source.column(part.path)?.name
      : undefined,
  );
  return new Set(names.filter((name) => name !== undefined));
}

function accessBy({ name, ordered }: Range): Access {
  return { clause: `indexed by ${name}`, candidates: undefined, ordered };
}

/** The conditions that an index serves: one value for each of its first fields, then a range of the next. */
function rangeOf(
  index: { readonly name: string; readonly fields: readonly string[] },
  parts: readonly Condition[],
  source: ColumnSource,
  order: readonly OrderColumn[] | undefined,
  bound: ReadonlySet<string>,
): Range {
  const conditions: SqlCondition[] = [];
  let points = 0;
  for (const field of index.fields) {
    const tests = parts.filter(
      (part) => part.op === 'field' && part.path === field && isRange(part.test) && !source.irregular(field),
    );
    conditions.push(...tests.map((part) => toSql(part, source)).filter((sql) => sql !== undefined));
    if (!tests.some((part) => part.op === 'field' && part.test.op === 'eq')) break;
    points++;
  }
  const free = [...index.fields.map((field) => source.column(field)?.name ?? ''), 'id'].slice(points);
  return { name: index.name, conditions, points, ordered: order === undefined ? 'no' : orderedBy(free, order, bound) };
}

function isRange({ op }: Test): boolean {
  return op === 'eq' || op === 'in' || op === 'gt' || op === 'gte' || op === 'lt' || op === 'lte';
}

/** How far columns of an index, after those that are bound, give an order. */
function orderedBy(free: readonly string[], order: readonly OrderColumn[], bound: ReadonlySet<string>): Ordered {
  const wanted = order.filter((column) => !bound.has(column.name));
  const [first, second] = wanted;
  if (first === undefined) return 'fully';
  if (first.name !== free[0]) return 'no';
  const all = wanted.every((column, i) => column.name === free[i]);
  if (all && wanted.every((column) => column.direction === first.direction)) return 'fully';
  const down = first.direction === -1 && second?.name === 'id' && second.direction === 1;
  return all && down && order.length === 2 ? 'grouped' : 'partly';
}

/** A field that is an array in some documents is looked up by its items, and by the column for all others. */
function itemCandidates(collection: CollectionLayout, source: ColumnSource, part: Condition): Segment | undefined {
  if (part.op !== 'field' || !source.irregular(part.path)) return undefined;
  const { test, path } = part;
  const wantsNull = (test.op === 'eq' && test.value === null) || (test.op === 'in' && test.values.includes(null));
  const column = source.column(path)?.column;
  const index = collection.indexes.find((candidate) => candidate.fields[0] === path);
  if (column === undefined || index === undefined || wantsNull || !isRange(test)) return undefined;
  const regular: ColumnSource = { column: (field) => source.column(field), irregular: () => false };
  const inColumn = toSql(part, regular);
  const inItems = toSql(part, { ...regular, column: () => ({ name: 'value', column }) });
  if (inColumn === undefined || inItems === undefined) return undefined;
  return {
    sql:
      `select seq from ${collection.documents} indexed by ${index.name} where ${inColumn.sql} union ` +
      `select seq from ${collection.items} where field = ${column.ordinal} and ((${inItems.sql}) or value = x'ff')`,
    params: [...inColumn.params, ...inItems.params],
  };
}

function all(conditions: readonly SqlCondition[]): Segment {
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(' and '),
    params: conditions.flatMap(({ params }) => params),
  };
}
