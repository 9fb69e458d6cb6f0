import type { Json, SortKey } from '../port.ts';
import { type ColumnValue, columnValue } from './columns.ts';

/** A sort key that a column holds exactly. */
export interface OrderColumn {
  readonly name: string;
  readonly direction: 1 | -1;
}

/** A condition in SQL. */
export interface Segment {
  readonly sql: string;
  readonly params: readonly ColumnValue[];
}

/** A part of an order. */
export interface OrderSegment extends Segment {
  /** All its rows have the same values, and so come by id alone. */
  readonly ties: boolean;
}

export function orderBy(columns: readonly OrderColumn[]): string {
  return columns.map(({ name, direction }) => `${name} ${direction === 1 ? 'asc' : 'desc'}`).join(', ');
}

/** The values of `after` for each key of the total order. */
export function afterValues(
  sort: readonly SortKey[],
  total: readonly SortKey[],
  after: readonly Json[],
): readonly Json[] {
  return total.map((_, i) => after[Math.min(i, sort.length)] ?? null);
}

/**
 * What follows a place in the order, as conditions that each are a range of an index, in the order of their rows: first
 * what shares all values with the place but the last, and so on. Undefined if a value is none that a column can hold.
 */
export function segmentsAfter(
  columns: readonly OrderColumn[],
  place: readonly Json[],
): readonly OrderSegment[] | undefined {
  const values = place.map((value) => columnValue(value));
  const segments: OrderSegment[] = [];
  for (let depth = columns.length - 1; depth >= 0; depth--) {
    const equal: string[] = [];
    const params: ColumnValue[] = [];
    for (const [i, column] of columns.slice(0, depth).entries()) {
      const value = values[i];
      if (value === undefined) return undefined;
      equal.push(value === null ? `${column.name} is null` : `${column.name} = ?`);
      if (value !== null) params.push(value);
    }
    const column = columns[depth];
    const value = values[depth];
    if (column === undefined || value === undefined) return undefined;
    for (const { sql, bound } of beyond(column, value)) {
      const ties = depth === columns.length - 1 || (depth === columns.length - 2 && sql.endsWith('is null'));
      segments.push({ sql: [...equal, sql].join(' and '), params: bound ? [...params, value] : params, ties });
    }
  }
  return segments;
}

/** What comes after a value in one column. Null is the first ascending, and the last descending. */
function beyond({ name, direction }: OrderColumn, value: ColumnValue): readonly { sql: string; bound: boolean }[] {
  if (direction === 1) {
    return value === null ? [{ sql: `${name} is not null`, bound: false }] : [{ sql: `${name} > ?`, bound: true }];
  }
  if (value === null) return [];
  const below = { sql: `${name} < ?`, bound: true };
  return name === 'id' ? [below] : [below, { sql: `${name} is null`, bound: false }];
}
