import { DatabaseSync } from 'node:sqlite';
import type { InputRow } from './input-row.ts';
import { ordinalMark } from './order-id.ts';
import type { FactKind } from './order-key.ts';

/** 'unclear': the rows have the order's id, but cannot be read far enough to say more. */
export type GroupKind = FactKind | 'unclear';

/** All rows of one fact. */
export interface RowGroup {
  readonly kind: GroupKind;
  readonly id: string;
  /** Line of the first unclear row with the same id. */
  readonly unclearLine: number | undefined;
  /** In file order; to be read before the next group is asked for. */
  rows(): IterableIterator<InputRow>;
}

/** Brings together the rows of each fact, wherever in the file they are. */
export interface RowTable {
  add(row: InputRow, kind: GroupKind, id: string): void;
  /** By the place of their first row in the file, once all rows were added. */
  groups(): IterableIterator<RowGroup>;
  close(): void;
}

const cacheKiB = 64 * 1024;

/**
 * Rows on disk, in a file that SQLite makes for itself and that is gone when the process ends, however it ends: it takes
 * about the size of the unpacked input in the folder for temporary files, and of memory no more than its cache.
 */
export function createRowTable(): RowTable {
  // The empty name asks for a private temporary file.
  const database = new DatabaseSync('');
  database.exec(`
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -${cacheKiB};
    CREATE TABLE groups (ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, UNIQUE (id, kind));
    CREATE TABLE rows (
      ordinal INTEGER NOT NULL, line INTEGER NOT NULL, cells TEXT NOT NULL, fault TEXT,
      PRIMARY KEY (ordinal, line)
    ) WITHOUT ROWID;
    CREATE TABLE counters (id TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
    BEGIN;
  `);
  const count = database.prepare(
    'INSERT INTO counters (id, n) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET n = n + 1 RETURNING n',
  );
  const findGroup = database.prepare('SELECT ordinal FROM groups WHERE id = ? AND kind = ?');
  const addGroup = database.prepare('INSERT INTO groups (id, kind) VALUES (?, ?)');
  const addRow = database.prepare('INSERT INTO rows (ordinal, line, cells, fault) VALUES (?, ?, ?, ?)');
  const readGroups = database.prepare('SELECT ordinal, id, kind FROM groups ORDER BY ordinal');
  const readRows = database.prepare('SELECT line, cells, fault FROM rows WHERE ordinal = ? ORDER BY line');
  const firstLine = database.prepare('SELECT line FROM rows WHERE ordinal = ? ORDER BY line LIMIT 1');
  let last: { id: string; kind: GroupKind; ordinal: number } | undefined;
  let hasUnclear = false;

  function ordinalOf(id: string, kind: GroupKind): number {
    // Most files have an order's rows in a row.
    if (last?.id === id && last.kind === kind) return last.ordinal;
    const found = findGroup.get(id, kind)?.ordinal ?? addGroup.run(id, kind).lastInsertRowid;
    last = { id, kind, ordinal: Number(found) };
    return last.ordinal;
  }

  function unclearLine(id: string): number | undefined {
    const ordinal = hasUnclear ? findGroup.get(id, 'unclear')?.ordinal : undefined;
    return ordinal === undefined ? undefined : Number(firstLine.get(ordinal)?.line);
  }

  return {
    add: ({ line, cells, fault }, kind, id) => {
      if (kind === 'unclear') hasUnclear = true;
      const numbered = id.includes(ordinalMark) ? id.replace(ordinalMark, String(count.get(id)?.n)) : id;
      addRow.run(ordinalOf(numbered, kind), line, JSON.stringify(cells), fault ?? null);
    },
    groups: function* () {
      for (const { ordinal, id, kind } of readGroups.iterate()) {
        yield {
          kind: toKind(kind),
          id: String(id),
          unclearLine: unclearLine(String(id)),
          rows: function* () {
            for (const row of readRows.iterate(ordinal ?? null)) {
              const fault = row.fault === null ? {} : { fault: String(row.fault) };
              yield { line: Number(row.line), cells: toCells(row.cells), ...fault };
            }
          },
        };
      }
    },
    close: () => database.close(),
  };
}

function toKind(value: unknown): GroupKind {
  return value === 'purchase' || value === 'refund' ? value : 'unclear';
}

function toCells(value: unknown): string[] {
  const cells: unknown = JSON.parse(String(value));
  return Array.isArray(cells) ? cells.map(String) : [];
}
