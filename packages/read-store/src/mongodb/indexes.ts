import { type Document as BsonDocument, type Collection, MongoServerError } from 'mongodb';
import type { IndexDefinition } from '../port.ts';
import type { ArrayPaths } from './array-paths.ts';
import { storedPath } from './conditions.ts';
import type { StoredDocument } from './stored-document.ts';

const NAMESPACE_EXISTS = 48;
const INDEX_NOT_FOUND = 27;

/** Makes a collection if it is not there: a transaction should not have to. */
export async function makeCollection<T extends BsonDocument>(collection: Collection<T>): Promise<void> {
  try {
    await collection.db.createCollection(collection.collectionName);
  } catch (reason) {
    if (!hasCode(reason, NAMESPACE_EXISTS)) throw reason;
  }
}

/** Brings a collection to the indexes that are declared, as far as the arrays of its documents allow. */
export async function reconcileIndexes(
  collection: Collection<StoredDocument>,
  declared: readonly IndexDefinition[],
  arrays: ArrayPaths,
): Promise<void> {
  const wanted = new Map(declared.flatMap((index) => keysOf(index, arrays)).map((key) => [nameOf(key), key]));
  await dropIndexes(collection, (name) => !wanted.has(name));
  const there = new Set((await collection.indexes()).map(({ name }) => name));
  for (const [name, fields] of wanted) {
    // Every collection has one by the id.
    if (there.has(name) || name === '_id') continue;
    const key = new Map<string, 1>(fields.map((field) => [field, 1]));
    await collection.createIndex(key, { name });
  }
}

/** Replaces indexes that documents with these arrays could not be in, before one is written. */
export async function giveWayToArrays(collection: Collection<StoredDocument>, arrays: ArrayPaths): Promise<void> {
  const there = (await collection.indexes()).map(({ name = '', key }) => ({ name, fields: Object.keys(key) }));
  const declared = there
    .filter(({ name }) => name !== PRIMARY)
    .map(({ fields }) => ({ fields: fields.length > 1 ? fields.filter((field) => field !== '_id') : fields }));
  await reconcileIndexes(collection, declared, arrays);
}

const PRIMARY = '_id_';

async function dropIndexes(collection: Collection<StoredDocument>, unwanted: (name: string) => boolean): Promise<void> {
  for (const { name = '' } of await collection.indexes()) {
    if (name === PRIMARY || !unwanted(name)) continue;
    await collection.dropIndex(name).catch((reason: unknown) => {
      if (!hasCode(reason, INDEX_NOT_FOUND)) throw reason;
    });
  }
}

/**
 * The fields of an index, `_id` last, so that ties come in order. Where several of them may be arrays MongoDB would
 * refuse documents in which they are: then each field has an index of its own.
 */
function keysOf({ fields }: IndexDefinition, arrays: ArrayPaths): readonly (readonly string[])[] {
  const paths = [...new Set(fields.map(storedPath))];
  if (paths.filter((path) => arrays.mayHold(path)).length > 1) return paths.map((path) => withTie([path]));
  return [withTie(paths)];
}

function withTie(fields: readonly string[]): readonly string[] {
  return fields.includes('_id') ? fields.slice(0, fields.indexOf('_id') + 1) : [...fields, '_id'];
}

function nameOf(fields: readonly string[]): string {
  return fields.join(',');
}

function hasCode(reason: unknown, code: number): boolean {
  return reason instanceof MongoServerError && reason.code === code;
}
