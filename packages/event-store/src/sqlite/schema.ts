import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { LogFormatError } from '../errors.ts';
import type { LogIdentity } from '../port.ts';
import { isUnfinished } from './import-marker.ts';
import { isDamaged } from './sqlite-errors.ts';

const SCHEMA_VERSION = 1;

/**
 * What keeps appends flat as the log grows: nothing random is indexed but what must be. Streams and customers are
 * integers, their hashes stand once in tables of their own; event ids have no index (a retry is recognised within its
 * stream); recurring texts (types, services, actors) are interned in `terms`.
 */
const SCHEMA = `
  create table meta (name text primary key, value any not null) strict, without rowid;
  create table terms (id integer primary key, text text not null unique) strict;
  create table customers (id integer primary key, hash blob not null unique) strict;
  create table streams (
    id integer primary key,
    hash blob not null,
    category integer not null,
    unique (hash, category)
  ) strict;
  create table events (
    position integer primary key,
    stream integer not null,
    revision integer not null,
    id blob not null,
    type integer not null,
    version integer not null,
    customer integer,
    occurred_at integer not null,
    recorded_at integer not null,
    metadata text not null,
    personal blob,
    data text not null
  ) strict;
  create unique index events_stream on events (stream, revision);
  create index events_customer on events (customer, position) where customer is not null;
`;

/**
 * A larger cache makes commits dearer: once a B-tree has been balanced, SQLite walks the cache's whole hash table at the
 * end of the transaction (0.3 ms with 128 MiB). What falls out of it, the operating system still has in memory.
 */
const WRITER_CACHE_MEBIBYTES = 32;
/** Rare checkpoints (each 250 MiB of write-ahead log) copy a page once that was changed many times. */
const CHECKPOINT_PAGES = 64_000;

/**
 * Opens the log's file for its one writer, and makes what is missing. `unfinished`: for the migration that fills it.
 * @throws {LogFormatError}
 */
export const openLogForWriting = (file: string, { unfinished = false } = {}): DatabaseSync => {
  const db = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: false });
  return closeOnFailure(db, file, () => {
    const version = schemaVersion(db);
    if (version !== 0 || !isEmpty(db)) checkVersion(file, version);
    if (version !== 0 && !unfinished) checkFinished(file, db);
    db.exec(`
      pragma page_size = 4096;
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma cache_size = -${WRITER_CACHE_MEBIBYTES * 1024};
      pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};
      pragma temp_store = memory;
    `);
    if (version === 0) create(db);
  });
};

/**
 * Opens the log's file for reading, beside its writer.
 * @throws {LogFormatError}
 */
export const openLogForReading = (file: string, cacheMebibytes: number): DatabaseSync => {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000, enableForeignKeyConstraints: false });
  return closeOnFailure(db, file, () => {
    checkVersion(file, schemaVersion(db));
    checkFinished(file, db);
    db.exec(`pragma cache_size = -${cacheMebibytes * 1024}`);
  });
};

const closeOnFailure = (db: DatabaseSync, file: string, work: () => void): DatabaseSync => {
  try {
    work();
    return db;
  } catch (cause) {
    db.close();
    if (isDamaged(cause)) throw new LogFormatError(`${file} is damaged, or no database`, { cause });
    throw cause;
  }
};

export const readIdentity = (db: DatabaseSync): LogIdentity => ({
  logId: String(db.prepare(`select value from meta where name = 'log_id'`).get()?.value),
  epoch: Number(db.prepare(`select value from meta where name = 'epoch'`).get()?.value),
});

const schemaVersion = (db: DatabaseSync): number => Number(db.prepare('pragma user_version').get()?.user_version);

const isEmpty = (db: DatabaseSync): boolean => db.prepare('select 1 from sqlite_schema').get() === undefined;

const checkVersion = (file: string, version: number): void => {
  if (version === 0) throw new LogFormatError(`${file} is not an event log`);
  if (version !== SCHEMA_VERSION)
    throw new LogFormatError(`${file} has format ${version}; this program reads format ${SCHEMA_VERSION}`);
};

const checkFinished = (file: string, db: DatabaseSync): void => {
  if (isUnfinished(db))
    throw new LogFormatError(`${file} holds a part of a log: a migration into it was cut off, run it again`);
};

const create = (db: DatabaseSync): void => {
  db.exec('begin immediate');
  db.exec(SCHEMA);
  const insert = db.prepare('insert into meta (name, value) values (?, ?)');
  insert.run('log_id', randomBytes(16).toString('hex'));
  insert.run('epoch', 1);
  db.exec(`pragma user_version = ${SCHEMA_VERSION}`);
  db.exec('commit');
};
