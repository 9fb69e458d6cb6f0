import { createHash } from 'node:crypto';
import { CommandFailedError, UsageError } from '../errors.ts';
import { createFixedWidthRows, createWhitespaceRows } from './column-rows.ts';
import { type Columns, createColumns } from './columns.ts';
import { createCsvRows } from './csv-rows.ts';
import type { InputRow, RowReader } from './input-row.ts';
import type { FileFormat, ImportMap } from './map-schema.ts';
import { createOrderKeys, type OrderKeys } from './order-key.ts';
import { readLines } from './read-lines.ts';
import { createRowContent } from './row-content.ts';
import type { RowTable } from './row-table.ts';

export interface ReadFileOptions {
  readonly file: string;
  readonly map: ImportMap;
  readonly table: RowTable;
  /** Takes a row that belongs to no order. */
  readonly park: (row: InputRow, reason: string, columns: readonly string[]) => void;
  /** Told how many bytes and rows were read so far. */
  readonly onProgress: (bytes: number, rows: number) => void;
}

export interface FileRead {
  readonly rows: number;
  readonly columns: Columns;
  readonly read: ReturnType<typeof createRowContent>;
  /** SHA-256 of the file as it is on disk, in hex. */
  readonly sha256: string;
}

interface Bound {
  readonly columns: Columns;
  readonly keys: OrderKeys;
  readonly read: FileRead['read'];
}

/**
 * Reads a whole file into the table, each row under the order that it belongs to.
 * @throws UsageError when the map does not fit the file, CommandFailedError when the file cannot be read to its end
 */
export async function readFile(options: ReadFileOptions): Promise<FileRead> {
  const { file, map, table, park, onProgress } = options;
  const hash = createHash('sha256');
  const reader = createRowReader(map.format);
  const names = columnNames(map.format);
  let bound = names === undefined ? undefined : bind(map, names);
  let rows = 0;
  let bytes = 0;

  const take = (row: InputRow): void => {
    if (bound === undefined) {
      if (row.fault !== undefined) throw new UsageError(`${file}, line ${row.line}: the header ${row.fault}`);
      bound = bind(map, row.cells);
      return;
    }
    rows += 1;
    const { columns, keys } = bound;
    const place = locate(row, columns, keys);
    if (place.id === undefined) park(row, place.fault, columns.names);
    else table.add(place.fault === undefined ? row : { ...row, fault: place.fault }, place.kind, place.id);
  };

  const lines = readLines(file, {
    encoding: map.format.encoding,
    hash,
    onBytes: (read) => {
      bytes = read;
    },
  });
  for await (const portion of lines) {
    for (const row of reader.push(portion)) take(row);
    onProgress(bytes, rows);
  }
  for (const row of reader.end()) take(row);
  onProgress(bytes, rows);
  if (bound === undefined) throw new CommandFailedError(`${file} is empty`);
  return { rows, columns: bound.columns, read: bound.read, sha256: hash.digest('hex') };
}

type Place =
  | { readonly id: string; readonly kind: 'purchase' | 'refund' | 'unclear'; readonly fault?: string }
  | { readonly id?: undefined; readonly fault: string };

function locate(row: InputRow, columns: Columns, keys: OrderKeys): Place {
  if (row.fault !== undefined) return { fault: row.fault };
  const id = keys.orderId(row.cells);
  const fault = structuralFault(row, columns);
  if (id === null) return { fault: fault ?? 'has no order id' };
  // Whatever the row is, its order would be wrong without it.
  if (fault !== undefined) return { id, kind: 'unclear', fault };
  const kind = keys.kind(row.cells);
  if (kind === null) return { id, kind: 'unclear', fault: 'does not say whether it is a refund' };
  return { id, kind };
}

function structuralFault({ cells }: InputRow, columns: Columns): string | undefined {
  if (cells.length !== columns.names.length) return `has ${cells.length} cells, not ${columns.names.length}`;
  return columns.damaged(cells) ? 'holds characters that are not of the encoding' : undefined;
}

function bind(map: ImportMap, names: readonly string[]): Bound {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`Two columns are called ${JSON.stringify(twice)}.`);
  const columns = createColumns(names);
  const bound = { columns, keys: createOrderKeys(map, columns), read: createRowContent(map, columns) };
  columns.check();
  return bound;
}

function columnNames(format: FileFormat): readonly string[] | undefined {
  if (format.type === 'fixed-width') return format.columns.map((column) => column.name);
  return format.columns;
}

function createRowReader(format: FileFormat): RowReader {
  switch (format.type) {
    case 'csv':
      return createCsvRows(format);
    case 'whitespace':
      return createWhitespaceRows();
    case 'fixed-width':
      return createFixedWidthRows(format.columns);
    default:
      return format satisfies never;
  }
}
