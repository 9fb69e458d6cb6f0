import type { Scalar } from '../filter.ts';
import type { Document, Json } from '../port.ts';
import { type Found, isArray, isObject, visitPath } from '../values.ts';

/** A column that holds the value of a field, so that SQL can select and order by it. */
export interface Column {
  /** Its number within the collection, from 0; its bit in masks of irregular columns. */
  readonly ordinal: number;
  /** Its name in SQL. */
  readonly name: string;
  readonly field: string;
  readonly path: readonly string[];
}

/** More would not fit into the mask of irregular columns. */
export const MAX_COLUMNS = 50;

export type ColumnValue = null | number | string | Uint8Array;

const FALSE = Uint8Array.of(0);
const TRUE = Uint8Array.of(1);
/** Stands for what a column cannot hold: arrays, objects, several values, text that is not Unicode. */
const IRREGULAR = Uint8Array.of(0xff);

/**
 * A scalar as a column holds it. SQLite orders null < numbers < text (by UTF-8 bytes) < blobs, so booleans as blobs
 * come out in the order of `compareValues`. Undefined if a column cannot hold it.
 */
export function columnValue(value: Found): ColumnValue | undefined {
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'number':
      // JSON has no other numbers; it writes null for them.
      return Number.isFinite(value) ? value : null;
    case 'boolean':
      return value ? TRUE : FALSE;
    case 'string':
      return value.isWellFormed() ? value : undefined;
    default:
      return value === null ? null : undefined;
  }
}

/** The values of all columns for a document, and which of them are irregular, a bit each by ordinal. */
export function extractColumns(
  document: Document,
  columns: readonly Column[],
): { readonly values: ColumnValue[]; readonly irregular: number } {
  let irregular = 0;
  const values = columns.map((column) => {
    const value = plainValue(document as { readonly [key: string]: Json }, column.path);
    if (value !== undefined) return value;
    irregular += 2 ** column.ordinal;
    return IRREGULAR;
  });
  return { values, irregular };
}

/** What a path leads to, if through objects only and to a scalar; else undefined. */
function plainValue(document: { readonly [key: string]: Json }, path: readonly string[]): ColumnValue | undefined {
  let value: Found = document;
  for (const name of path) {
    if (isArray(value)) return undefined;
    if (!isObject(value) || !Object.hasOwn(value, name)) return null;
    value = value[name];
  }
  return columnValue(value);
}

/** A scalar back from a column that holds it exactly. */
export function columnScalar(value: unknown): Scalar {
  if (value instanceof Uint8Array) return value[0] === 1;
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}

export function isIrregular(mask: number, column: Column): boolean {
  return Math.floor(mask / 2 ** column.ordinal) % 2 === 1;
}

/** The distinct values, null left out, that an irregular field has: each is a row of the table of items. */
export function itemValues(document: Document, column: Column): ReadonlyMap<string, ColumnValue> {
  const items = new Map<string, ColumnValue>();
  // Texts that are not Unicode share one row.
  const add = (found: Found): void => {
    if (found === undefined || found === null || typeof found === 'object') return;
    const value = columnValue(found);
    items.set(value === undefined ? '' : `${typeof found}:${found}`, value ?? IRREGULAR);
  };
  visitPath(document as { readonly [key: string]: Json }, column.path, (found) => {
    if (isArray(found)) found.forEach(add);
    else add(found);
    return false;
  });
  return items;
}
