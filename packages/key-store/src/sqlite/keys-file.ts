import { DatabaseSync } from 'node:sqlite';

/**
 * A destroyed key's row stays, without the key, so that a destroyed key and a lost one are not the same.
 * `destructions` counts them: what a reader looks at before it trusts its cache.
 */
const SCHEMA = `
  create table if not exists keys (id blob primary key, owner text not null, key blob) strict, without rowid;
  create unique index if not exists keys_owner on keys (owner) where key is not null;
  create table if not exists destructions (one integer primary key check (one = 1), count integer not null) strict;
  insert or ignore into destructions values (1, 0);
`;

/** Opens the file of the keys, and makes what is missing unless it is for reading. */
export const openKeysFile = (file: string, { readOnly }: { readonly readOnly: boolean }): DatabaseSync => {
  const db = new DatabaseSync(file, { readOnly, timeout: 5_000, enableForeignKeyConstraints: false });
  if (!readOnly) {
    // secure_delete: the bytes of a destroyed key are overwritten, not just unlinked.
    db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on');
    db.exec(SCHEMA);
  }
  return db;
};

/** All of it happens, durably, or nothing. */
export const inTransaction = (db: DatabaseSync, work: () => void): void => {
  db.exec('begin immediate');
  try {
    work();
    db.exec('commit');
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    throw error;
  }
};

/**
 * Takes what a destruction left in the write-ahead log off the disk. Answers false when a reader stands in the way,
 * which can be for a moment.
 */
export const scrubKeysFile = (db: DatabaseSync): boolean =>
  db.prepare('pragma wal_checkpoint(truncate)').get()?.busy === 0;
