import { ReadStoreError } from '../errors.ts';
import { splitPath } from '../values.ts';
import type { Column } from './columns.ts';
import type { Connection } from './connection.ts';

/** An index as it is in the file. Ties are in the order of `_id`. */
export interface StoredIndex {
  readonly name: string;
  readonly fields: readonly string[];
}

/** How a collection is kept: a row a document, and a row for each value of an array that is indexed. */
export interface CollectionLayout {
  readonly id: number;
  readonly name: string;
  /** `(seq, id, guard, irregular, doc, f0, f1, ...)` */
  readonly documents: string;
  /** `(field, value, seq)` */
  readonly items: string;
  readonly columns: readonly Column[];
  readonly indexes: readonly StoredIndex[];
}

export type Layout = ReadonlyMap<string, CollectionLayout>;

/** Raised to another number whenever the tables change in a way that an older release could not read. */
export const FORMAT = 1;

export function layoutOf(
  id: number,
  name: string,
  fields: readonly { readonly ordinal: number; readonly field: string }[],
  indexes: readonly StoredIndex[],
): CollectionLayout {
  return {
    id,
    name,
    documents: `d${id}`,
    items: `m${id}`,
    columns: fields.map(({ ordinal, field }) => ({ ordinal, name: `f${ordinal}`, field, path: splitPath(field) })),
    indexes,
  };
}

/**
 * Reads how collections are kept.
 * @throws {ReadStoreError} `view-rebuild-needed`, `view-version-unknown`
 */
export function readLayout(connection: Connection, file: string): Layout {
  const [format] = Object.values(connection.prepare('pragma user_version').get() ?? {});
  // A writer makes all tables in one transaction.
  if (format === 0) throw new ReadStoreError('view-version-unknown', `${file} has no views yet`);
  if (format !== FORMAT) {
    throw new ReadStoreError('view-rebuild-needed', `${file} has format ${String(format)}, not ${FORMAT}: rebuild it`);
  }
  const fields = connection.prepare('select field, ordinal from fields where collection = ? order by ordinal');
  const indexes = connection.prepare('select name, fields from indexes where collection = ? order by name');
  const layout = new Map<string, CollectionLayout>();
  for (const row of connection.prepare('select id, name from collections').all()) {
    const id = Number(row.id);
    const name = String(row.name);
    const columns = fields.all(id).map((field) => ({ ordinal: Number(field.ordinal), field: String(field.field) }));
    const stored = indexes.all(id).map((index) => ({ name: String(index.name), fields: parseNames(index.fields) }));
    layout.set(name, layoutOf(id, name, columns, stored));
  }
  return layout;
}

function parseNames(value: unknown): readonly string[] {
  const names: unknown = JSON.parse(String(value));
  return Array.isArray(names) ? names.map(String) : [];
}

/** @throws {ReadStoreError} `collection-unknown` */
export function collectionOf(layout: Layout, name: string): CollectionLayout {
  const collection = layout.get(name);
  if (collection === undefined) throw new ReadStoreError('collection-unknown', `no collection ${JSON.stringify(name)}`);
  return collection;
}
