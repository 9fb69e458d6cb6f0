import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Inserts an event, its columns in this order. */
export function prepareInsert(db: DatabaseSync): StatementSync {
  return db.prepare(`
    insert into events (position, stream, revision, id, type, version, customer, occurred_at, recorded_at, metadata,
      personal, data)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  `);
}
