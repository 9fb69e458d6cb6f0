import type { Document } from '../port.ts';
import { type Column, type ColumnValue, isIrregular, itemValues } from './columns.ts';
import type { Connection } from './connection.ts';
import type { CollectionLayout } from './layout.ts';

/** Counts, by column, how many documents have an irregular value, so that queries know when columns are exact. */
export interface IrregularCounts {
  /** Notes the masks of a document before and after. */
  changed(before: number, after: number): void;
  store(connection: Connection, how: 'absolute' | 'difference'): void;
}

export function irregularCounts(collection: CollectionLayout): IrregularCounts {
  const counts = new Map<number, number>();
  return {
    changed: (before, after) => {
      if (before === after) return;
      for (const column of collection.columns) {
        const difference = Number(isIrregular(after, column)) - Number(isIrregular(before, column));
        if (difference !== 0) counts.set(column.ordinal, (counts.get(column.ordinal) ?? 0) + difference);
      }
    },
    store: (connection, how) => {
      const value = how === 'absolute' ? '?' : 'irregular + ?';
      const update = connection.prepare(`update fields set irregular = ${value} where collection = ? and ordinal = ?`);
      if (how === 'absolute') for (const column of collection.columns) update.run(0, collection.id, column.ordinal);
      for (const [ordinal, count] of counts) {
        if (count !== 0) update.run(count, collection.id, ordinal);
      }
      counts.clear();
    },
  };
}

/** Brings the rows of values of irregular fields from what a document was to what it is. */
export function replaceItems(
  connection: Connection,
  collection: CollectionLayout,
  seq: number,
  change: {
    readonly before: Document | undefined;
    readonly beforeMask: number;
    readonly after: Document | undefined;
    readonly afterMask: number;
  },
): void {
  const insert = connection.prepare(`insert into ${collection.items} (field, value, seq) values (?, ?, ?)`);
  const remove = connection.prepare(`delete from ${collection.items} where field = ? and value = ? and seq = ?`);
  for (const column of collection.columns) {
    const old = valuesOf(change.before, change.beforeMask, column);
    const now = valuesOf(change.after, change.afterMask, column);
    for (const [key, value] of old) if (!now.has(key)) remove.run(column.ordinal, value, seq);
    for (const [key, value] of now) if (!old.has(key)) insert.run(column.ordinal, value, seq);
  }
}

const NONE: ReadonlyMap<string, ColumnValue> = new Map();

function valuesOf(document: Document | undefined, mask: number, column: Column): ReadonlyMap<string, ColumnValue> {
  return document !== undefined && isIrregular(mask, column) ? itemValues(document, column) : NONE;
}
