import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Client } from '../server/client.ts';
import type { ProgressStyle } from '../terminal/progress.ts';
import { type Fact, groupToFact } from './group-to-fact.ts';
import type { ImportMap } from './map-schema.ts';
import { createParkedFile, type ParkedFile } from './parked-file.ts';
import { type FileRead, readFile } from './read-file.ts';
import { createRowTable, type RowTable } from './row-table.ts';
import { type FactWithRows, importFingerprint, sendFacts } from './send-facts.ts';
import { createFileTotals, type ImportSummary } from './summary.ts';

export interface ImportOptions {
  readonly file: string;
  readonly map: ImportMap;
  /** Else the map's. */
  readonly source: string | undefined;
  /** Else beside the file. */
  readonly parkedPath: string | undefined;
  readonly progress: ProgressStyle;
  /** Opens the way to the service, once the file was read to its end; without it nothing is sent. */
  readonly connect: (() => Promise<Client>) | undefined;
  /** Looks at each fact before it is sent. */
  readonly onFact?: (fact: Fact) => void;
}

/**
 * Imports a file of purchases and refunds: reads it whole, brings each order's rows together, sends the orders in the
 * order of their first rows. What cannot be read, and what the service refuses, is parked. Doing it again changes nothing.
 * @throws UsageError when the map does not fit the file; CommandFailedError or ProblemError when it had to stop midway
 */
export async function importPurchases(options: ImportOptions): Promise<ImportSummary> {
  const startedAt = performance.now();
  const { file, map, progress, connect } = options;
  const source = options.source ?? map.source;
  const parkedPath = options.parkedPath ?? `${file}.parked.ndjson`;
  const total = sizeOf(file);
  const parked = createParkedFile(parkedPath);
  const table = createRowTable();
  try {
    const reading = progress({ label: 'Reading', total, unit: 'bytes' });
    const read = await readFile({
      file,
      map,
      table,
      park: (row, reason, columns) => parked.add(row, null, reason, columns),
      onProgress: reading.update,
    }).finally(reading.stop);
    const totals = createFileTotals();
    const onFact = (fact: Fact) => {
      totals.add(fact);
      options.onFact?.(fact);
    };
    const send = (client: Client, facts: Iterable<FactWithRows>) => {
      const sending = progress({ label: 'Sending', total: read.rows, unit: 'rows' });
      return sendFacts({
        client,
        name: basename(file),
        fingerprint: importFingerprint(read.sha256, map, source),
        facts,
        onRefused: ({ fact, rows }, reason) => {
          const order = fact.type === 'purchase' ? fact.orderId : fact.refundId;
          for (const row of rows) parked.add(row, order, reason, read.columns.names);
        },
        onProgress: sending.update,
      }).finally(sending.stop);
    };
    const facts = factsOf({ table, read, source, parked, onFact });
    const outcome = connect === undefined ? drain(facts) : await send(await connect(), facts);
    return {
      file,
      source,
      ...outcome,
      rows: read.rows,
      ...totals.result(),
      parked: parked.finish(),
      unmappedColumns: read.columns.unused(),
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    parked.close();
    table.close();
  }
}

/** The facts of the table; the rows that give none are parked on the way. */
function* factsOf(parts: {
  table: RowTable;
  read: FileRead;
  source: string;
  parked: ParkedFile;
  onFact: (fact: Fact) => void;
}): Generator<FactWithRows> {
  const { table, read, source, parked, onFact } = parts;
  for (const group of table.groups()) {
    const result = groupToFact(group, source, read.read);
    if (result.parked === undefined) {
      onFact(result.fact);
      yield result;
    } else for (const { row, order, reason } of result.parked) parked.add(row, order, reason, read.columns.names);
  }
}

/** Nothing is sent: the facts are only looked at. */
function drain(facts: Generator<FactWithRows>): Pick<ImportSummary, 'session' | 'outcomes'> {
  while (facts.next().done !== true);
  return { session: null, outcomes: { new: 0, repeated: 0, conflicts: 0, rejected: 0, failed: 0 } };
}

function sizeOf(file: string): number {
  try {
    const found = statSync(file);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  throw new UsageError(`${file} is no file.`);
}
