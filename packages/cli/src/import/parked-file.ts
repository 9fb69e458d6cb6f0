import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { CommandFailedError } from '../errors.ts';
import type { InputRow } from './input-row.ts';

const mostReasons = 20;
const mostExamples = 10;

export interface ParkedExample {
  readonly line: number;
  readonly order: string | null;
  readonly reason: string;
}

export interface ParkedSummary {
  readonly rows: number;
  /** Null when nothing was parked. */
  readonly file: string | null;
  /** How many rows by reason; of many different reasons the later ones are together under `...`. */
  readonly reasons: readonly { readonly reason: string; readonly rows: number }[];
  /** The first rows, to show. */
  readonly examples: readonly ParkedExample[];
}

/** Rows that were not imported: NDJSON `{ line, order, reason, row }`, made when the first one comes. */
export interface ParkedFile {
  add(row: InputRow, order: string | null, reason: string, columns: readonly string[]): void;
  /** Ends the file of a run that came to its end; one of an earlier run is taken away when nothing was parked. */
  finish(): ParkedSummary;
  /** Ends the file, however the run ended. */
  close(): void;
}

export function createParkedFile(path: string): ParkedFile {
  let descriptor: number | undefined;
  let rows = 0;
  const examples: ParkedExample[] = [];
  const reasons = new Map<string, number>();
  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  return {
    add: (row, order, reason, columns) => {
      descriptor ??= open(path);
      rows += 1;
      const named = row.cells.length === columns.length && row.fault === undefined;
      const content = named ? Object.fromEntries(columns.map((name, index) => [name, row.cells[index]])) : row.cells;
      writeSync(descriptor, `${JSON.stringify({ line: row.line, order, reason, row: content })}\n`);
      if (examples.length < mostExamples) examples.push({ line: row.line, order, reason });
      const key = reasons.has(reason) || reasons.size < mostReasons ? reason : '...';
      reasons.set(key, (reasons.get(key) ?? 0) + 1);
    },
    close,
    finish: () => {
      close();
      if (rows === 0) rmSync(path, { force: true });
      return {
        rows,
        file: rows === 0 ? null : path,
        reasons: [...reasons].map(([reason, count]) => ({ reason, rows: count })),
        examples,
      };
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new CommandFailedError(
      `Rows have to be parked, but their file cannot be written: ${detail}. Name another with --parked.`,
      { cause: error },
    );
  }
}
