import { ReadStoreError } from '../errors.ts';
import { checkPath } from '../filter.ts';
import type { CollectionDefinition, Document } from '../port.ts';
import { extractColumns, MAX_COLUMNS } from './columns.ts';
import type { Connection } from './connection.ts';
import { irregularCounts, replaceItems } from './irregular.ts';
import { type CollectionLayout, FORMAT, type Layout, layoutOf, readLayout } from './layout.ts';

const TABLES = `
create table collections (id integer primary key, name text not null unique);
create table fields (
  collection integer not null, ordinal integer not null, field text not null,
  -- how many documents have a value there that a column cannot hold
  irregular integer not null default 0,
  primary key (collection, ordinal)
) without rowid;
create table indexes (collection integer not null, name text primary key, fields text not null);
create table checkpoints (consumer text primary key, value text not null) without rowid;
pragma user_version = ${FORMAT};
`;

/**
 * Brings a file to the declared collections and indexes: creates what is missing, fills new columns from the documents,
 * drops indexes and columns that are no longer declared. Collections that are not named stay as they are.
 * @throws {ReadStoreError}
 */
export function reconcile(connection: Connection, file: string, collections: readonly CollectionDefinition[]): Layout {
  for (const collection of collections) checkDefinition(collection);
  return connection.transaction('immediate', () => {
    const [tables] = Object.values(connection.db.prepare('select count(*) from sqlite_schema').get() ?? {});
    if (tables === 0) connection.db.exec(TABLES);
    const before = readLayout(connection, file);
    for (const definition of collections) reconcileCollection(connection, definition, before.get(definition.name));
    return readLayout(connection, file);
  });
}

function checkDefinition({ name, indexes }: CollectionDefinition): void {
  for (const { fields } of indexes) {
    if (fields.length === 0) throw new ReadStoreError('read-store-misuse', `${name}: an index has at least one field`);
    for (const field of fields) checkPath(field, field);
  }
  if (columnFields(indexes).length > MAX_COLUMNS) {
    throw new ReadStoreError('read-store-misuse', `${name}: indexes of more than ${MAX_COLUMNS} fields`);
  }
}

/** The fields that need a column; `_id` has one anyway. */
function columnFields(indexes: CollectionDefinition['indexes']): readonly string[] {
  return [...new Set(indexes.flatMap((index) => index.fields))].filter((field) => field !== '_id');
}

function reconcileCollection(
  connection: Connection,
  definition: CollectionDefinition,
  existing: CollectionLayout | undefined,
): void {
  const collection = existing ?? createCollection(connection, definition.name, columnFields(definition.indexes));
  const declared = new Map(definition.indexes.map((index) => [index.fields.join(','), index.fields]));
  const kept = new Set<string>();
  for (const index of collection.indexes) {
    if (declared.has(index.fields.join(','))) kept.add(index.fields.join(','));
    else dropIndex(connection, index.name);
  }
  const columns = reconcileColumns(connection, collection, columnFields(definition.indexes));
  for (const [key, fields] of declared) {
    if (!kept.has(key)) createIndex(connection, columns, fields);
  }
}

/** The columns come before the documents, so that reading them need not go past a long one. */
function createCollection(connection: Connection, name: string, fields: readonly string[]): CollectionLayout {
  const { lastInsertRowid } = connection.db.prepare('insert into collections (name) values (?)').run(name);
  const numbered = fields.map((field, ordinal) => ({ field, ordinal }));
  const collection = layoutOf(Number(lastInsertRowid), name, numbered, []);
  const columns = ['seq integer primary key', 'id text not null', 'guard text not null'];
  columns.push('irregular integer not null', ...collection.columns.map((column) => column.name), 'doc text not null');
  connection.db.exec(`
    create table ${collection.documents} (${columns.join(', ')});
    create unique index ${collection.documents}_id on ${collection.documents} (id);
    create table ${collection.items} (
      field integer not null, value not null, seq integer not null, primary key (field, value, seq)
    ) without rowid;
  `);
  for (const { field, ordinal } of numbered) storeField(connection, collection.id, ordinal, field);
  return collection;
}

function storeField(connection: Connection, collection: number, ordinal: number, field: string): void {
  connection
    .prepare('insert into fields (collection, ordinal, field) values (?, ?, ?)')
    .run(collection, ordinal, field);
}

/** Drops columns that no index needs, adds those that are missing, and fills them. */
function reconcileColumns(
  connection: Connection,
  collection: CollectionLayout,
  wanted: readonly string[],
): CollectionLayout {
  const kept = collection.columns.filter((column) => wanted.includes(column.field));
  for (const column of collection.columns) {
    if (kept.includes(column)) continue;
    connection.db.prepare('delete from fields where collection = ? and ordinal = ?').run(collection.id, column.ordinal);
    connection.db.prepare(`delete from ${collection.items} where field = ?`).run(column.ordinal);
    connection.db.exec(`alter table ${collection.documents} drop column ${column.name}`);
  }
  const missing = wanted.filter((field) => !kept.some((column) => column.field === field));
  const free = Array.from({ length: MAX_COLUMNS }, (_, i) => i).filter((i) => !kept.some((k) => k.ordinal === i));
  const added = missing.map((field, i) => ({ field, ordinal: free[i] ?? MAX_COLUMNS }));
  for (const { field, ordinal } of added) {
    connection.db.exec(`alter table ${collection.documents} add column f${ordinal}`);
    storeField(connection, collection.id, ordinal, field);
  }
  const columns = layoutOf(collection.id, collection.name, [...kept, ...added], collection.indexes);
  if (added.length > 0 || kept.length < collection.columns.length) fillColumns(connection, columns);
  return columns;
}

/** Works out all columns of all documents anew. */
function fillColumns(connection: Connection, collection: CollectionLayout): void {
  const { documents, columns } = collection;
  const counts = irregularCounts(collection);
  connection.db.exec(`delete from ${collection.items}`);
  const assignments = ['irregular = ?', ...columns.map((column) => `${column.name} = ?`)].join(', ');
  const update = connection.db.prepare(`update ${documents} set ${assignments} where seq = ?`);
  const page = connection.db.prepare(`select seq, doc from ${documents} where seq > ? order by seq limit 500`);
  let last = 0;
  for (let rows = page.all(last); rows.length > 0; rows = page.all(last)) {
    for (const row of rows) {
      last = Number(row.seq);
      const document: Document = JSON.parse(String(row.doc));
      const { values, irregular } = extractColumns(document, columns);
      update.run(irregular, ...values, last);
      counts.changed(0, irregular);
      replaceItems(connection, collection, last, {
        before: undefined,
        beforeMask: 0,
        after: document,
        afterMask: irregular,
      });
    }
  }
  counts.store(connection, 'absolute');
}

function createIndex(connection: Connection, collection: CollectionLayout, fields: readonly string[]): void {
  const names = fields.map((field) =>
    field === '_id' ? 'id' : (collection.columns.find((column) => column.field === field)?.name ?? 'id'),
  );
  // Ends with the id, so that an index gives rows in their total order.
  const columns = names.includes('id') ? names.slice(0, names.indexOf('id') + 1) : [...names, 'id'];
  const name = `${collection.documents}_${names.join('_')}`;
  connection.db.exec(`create index ${name} on ${collection.documents} (${columns.join(', ')})`);
  connection.db
    .prepare('insert into indexes (collection, name, fields) values (?, ?, ?)')
    .run(collection.id, name, JSON.stringify(fields));
}

function dropIndex(connection: Connection, name: string): void {
  connection.db.exec(`drop index ${name}`);
  connection.db.prepare('delete from indexes where name = ?').run(name);
}
