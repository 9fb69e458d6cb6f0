import type { Comparable, Condition, Scalar, Test } from '../filter.ts';
import { type Column, type ColumnValue, columnValue } from './columns.ts';

/**
 * A condition in SQL. It holds for every document that meets the filter; if `exact`, for no other, so that nothing has
 * to be tested again.
 */
export interface SqlCondition {
  readonly sql: string;
  readonly params: readonly ColumnValue[];
  readonly exact: boolean;
}

/** What SQL knows of a collection while it plans a query. */
export interface ColumnSource {
  /** Name in SQL of the column that holds a field. */
  column(field: string): { readonly name: string; readonly column: Column | undefined } | undefined;
  /** Whether some document has a value there that the column cannot hold. */
  irregular(field: string): boolean;
}

/** More parameters than this are not worth handing to SQL. */
const MAX_LIST = 1_000;

/** Translates a condition; undefined if SQL can say nothing about it. */
export function toSql(condition: Condition, source: ColumnSource): SqlCondition | undefined {
  if (condition.op === 'field') return fieldToSql(condition.path, condition.test, source);
  const parts = condition.of.map((part) => toSql(part, source));
  const known = parts.filter((part) => part !== undefined);
  const exact = known.length === parts.length && known.every((part) => part.exact);
  const params = known.flatMap((part) => part.params);
  if (condition.op === 'and') {
    if (condition.of.length === 0) return { sql: '1', params: [], exact: true };
    if (known.length === 0) return undefined;
    return { sql: join(known, ' and '), params, exact };
  }
  // One branch that SQL knows nothing about may hold for any document.
  return known.length === parts.length ? { sql: join(known, ' or '), params, exact } : undefined;
}

function join(parts: readonly SqlCondition[], operator: string): string {
  return parts.map((part) => `(${part.sql})`).join(operator);
}

function fieldToSql(path: string, test: Test, source: ColumnSource): SqlCondition | undefined {
  const found = source.column(path);
  if (found === undefined) return undefined;
  const condition = testToSql(found.name, test);
  if (!source.irregular(path)) return condition;
  if (condition === undefined) return undefined;
  return { sql: `(${condition.sql}) or ${found.name} = x'ff'`, params: condition.params, exact: false };
}

/** A test of a column that is regular in all documents. */
function testToSql(name: string, test: Test): SqlCondition | undefined {
  switch (test.op) {
    case 'eq':
      return equalTo(name, test.value);
    case 'in':
      return oneOf(name, test.values);
    case 'exists':
      // A column cannot tell null from missing.
      return undefined;
    case 'not':
      return negated(name, test.tests);
    case 'item':
    case 'itemWith':
      // Only arrays have items, and no column holds one.
      return { sql: '0', params: [], exact: true };
    default:
      return ordered(name, test.op, test.value);
  }
}

function equalTo(name: string, wanted: Scalar): SqlCondition {
  if (wanted === null) return { sql: `${name} is null`, params: [], exact: true };
  const value = columnValue(wanted);
  // Text that is not Unicode is in no column.
  if (value === undefined) return { sql: '0', params: [], exact: true };
  return { sql: `${name} = ?`, params: [value], exact: true };
}

function oneOf(name: string, wanted: readonly Scalar[]): SqlCondition | undefined {
  if (wanted.length > MAX_LIST) return undefined;
  const values = wanted.map((value) => columnValue(value)).filter((value) => value !== undefined && value !== null);
  const list = `${name} in (${values.map(() => '?').join(', ')})`;
  return { sql: wanted.includes(null) ? `${name} is null or ${list}` : list, params: values, exact: true };
}

function negated(name: string, tests: readonly Test[]): SqlCondition | undefined {
  const [only] = tests;
  if (only?.op === 'exists' && tests.length === 1) return { sql: `${name} is null`, params: [], exact: false };
  const parts = tests.map((test) => testToSql(name, test));
  const known = parts.filter((part) => part !== undefined);
  // The negation of a superset is no superset.
  if (known.length < parts.length || !known.every((part) => part.exact)) return undefined;
  const params = known.flatMap((part) => part.params);
  return { sql: `coalesce(${join(known, ' and ')}, 0) = 0`, params, exact: true };
}

const SYMBOL = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * Only values of the same type are in order with each other: '' is the first text, x'' the first blob. SQLite goes into
 * an index by one bound on each side only, which must not be that of the type: a plus before the column rules that out.
 */
function ordered(name: string, op: keyof typeof SYMBOL, bound: Comparable): SqlCondition | undefined {
  const value = columnValue(bound);
  if (value === undefined) return undefined;
  const upwards = op === 'gt' || op === 'gte';
  let type = '';
  if (typeof bound === 'number') type = upwards ? ` and +${name} < ''` : '';
  else if (typeof bound === 'string') type = upwards ? ` and +${name} < x''` : ` and +${name} >= ''`;
  else type = upwards ? ` and +${name} <= x'01'` : ` and +${name} >= x'00'`;
  return { sql: `${name} ${SYMBOL[op]} ?${type}`, params: [value], exact: true };
}
