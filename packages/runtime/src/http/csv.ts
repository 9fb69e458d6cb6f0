import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { unwrap } from './list-fields.ts';

/** Text that a spreadsheet would take for a formula. */
const formula = /^[=+\-@\t\r]/;
const plainNumber = /^[+-]?\d+(\.\d+)?$/;

/** A column: a dot path into the row. */
export type Column = string;

/** Columns of a row's schema: nested fields by dot path, arrays and maps as one column each. */
export function columnsOf(schema: z.ZodType, prefix = ''): readonly Column[] {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return [prefix];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([name, field]) =>
    columnsOf(field, prefix === '' ? name : `${prefix}.${name}`),
  );
}

/** The first line, by RFC 4180. */
export function csvHeader(columns: readonly Column[]): string {
  return stringify([columns], { record_delimiter: '\r\n' });
}

/**
 * Rows by RFC 4180. Null and absent are empty, arrays and objects JSON. Text that a spreadsheet would run as a formula
 * gets an apostrophe before it; whoever needs each character as it is asks for JSON or NDJSON.
 */
export function csvRows(columns: readonly Column[], rows: readonly object[]): string {
  return stringify(
    rows.map((row) => columns.map((column) => cell(valueAt(row, column)))),
    { record_delimiter: '\r\n' },
  );
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  return typeof value === 'string' && formula.test(text) && !plainNumber.test(text) ? `'${text}` : text;
}

function valueAt(row: object, path: Column): unknown {
  let value: unknown = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
