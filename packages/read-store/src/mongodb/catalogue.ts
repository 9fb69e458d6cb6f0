import { randomBytes } from 'node:crypto';
import type { Collection, Db } from 'mongodb';
import { ReadStoreError } from '../errors.ts';
import { waysTo } from './array-paths.ts';
import { isDuplicateKey } from './errors.ts';
import type { StoredDocument } from './stored-document.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const POINTER = 'current';

interface VersionRow {
  readonly _id: string;
  /** Part of the names of its collections. A version that comes again after it was dropped has another one. */
  readonly generation: string;
  /** Set once a writer has made it. */
  readonly ready: boolean;
}

interface CollectionRow {
  readonly _id: string;
  readonly generation: string;
  readonly name: string;
  /** Paths at which documents hold arrays; see `ArrayPaths`. */
  readonly arrays: readonly string[];
}

interface PointerRow {
  readonly _id: string;
  readonly version: string;
}

/** A consumer's checkpoint, as JSON text. */
export interface CheckpointRow {
  readonly _id: string;
  readonly json: string;
}

/**
 * What versions there are, which one is current, and what collections they have. Each document of it changes in one step.
 */
export class Catalogue {
  readonly #db: Db;
  readonly #versions: Collection<VersionRow>;
  readonly #collections: Collection<CollectionRow>;
  readonly #pointer: Collection<PointerRow>;

  constructor(db: Db) {
    this.#db = db;
    this.#versions = db.collection('views:versions');
    this.#collections = db.collection('views:collections');
    this.#pointer = db.collection('views:pointer');
  }

  async current(): Promise<string | undefined> {
    return (await this.#pointer.findOne({ _id: POINTER }))?.version;
  }

  async switchTo(version: string): Promise<void> {
    await this.#pointer.replaceOne({ _id: POINTER }, { version }, { upsert: true });
  }

  async versions(): Promise<readonly string[]> {
    const rows = await this.#versions.find({ ready: true }).toArray();
    return rows.map((row) => row._id).sort();
  }

  /** The generation of a version that is there. */
  async generation(version: string): Promise<string | undefined> {
    return (await this.#versions.findOne({ _id: version, ready: true }))?.generation;
  }

  /** The generation of a version, which is begun if it is not there. */
  async begin(version: string): Promise<string> {
    const generation = randomBytes(4).toString('hex');
    try {
      await this.#versions.insertOne({ _id: version, generation, ready: false });
      return generation;
    } catch (reason) {
      if (!isDuplicateKey(reason)) throw reason;
    }
    const row = await this.#versions.findOne({ _id: version });
    return row?.generation ?? this.begin(version);
  }

  async finish(version: string, generation: string): Promise<void> {
    const { matchedCount } = await this.#versions.updateOne({ _id: version, generation }, { $set: { ready: true } });
    if (matchedCount === 0) throw unknownVersion(version);
  }

  /** Forgets a version in one step, and then removes its collections. */
  async drop(version: string): Promise<void> {
    const row = await this.#versions.findOneAndDelete({ _id: version, ready: true });
    if (row === null) throw unknownVersion(version);
    const prefix = physicalName(version, row.generation, '');
    for await (const { name } of this.#db.listCollections({}, { nameOnly: true })) {
      if (name.startsWith(prefix)) await this.#db.dropCollection(name);
    }
    await this.#collections.deleteMany({ generation: row.generation });
  }

  /** The collections of a generation, with the paths of their arrays. */
  async collections(generation: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.#collections.find({ generation }).toArray();
    return new Map(rows.map((row) => [row.name, row.arrays]));
  }

  async addCollection(generation: string, name: string): Promise<void> {
    const row = { _id: rowId(generation, name), generation, name, arrays: [] };
    await this.#collections.insertOne(row).catch((reason: unknown) => {
      if (!isDuplicateKey(reason)) throw reason;
    });
  }

  /** Notes that documents may hold arrays at these paths: before the first one that does is written. */
  async noteArrays(generation: string, name: string, paths: readonly string[]): Promise<void> {
    const id = rowId(generation, name);
    await this.#collections.updateOne({ _id: id }, { $addToSet: { arrays: { $each: [...paths] } } });
  }

  /** Which of these fields documents may hold an array at, or on the way to. */
  async fieldsWithArrays(generation: string, name: string, fields: readonly string[]): Promise<readonly string[]> {
    const ways = fields.flatMap(waysTo);
    const row = await this.#collections.findOne({ _id: rowId(generation, name), arrays: { $in: ways } });
    const arrays = new Set(row?.arrays);
    return fields.filter((field) => waysTo(field).some((path) => arrays.has(path)));
  }

  documents(version: string, generation: string, name: string): Collection<StoredDocument> {
    return this.#db.collection(physicalName(version, generation, name));
  }

  checkpoints(version: string, generation: string): Collection<CheckpointRow> {
    return this.#db.collection(physicalName(version, generation, ''));
  }
}

/** @throws {ReadStoreError} `view-version-invalid` */
export function checkVersion(version: string): void {
  if (!NAME.test(version)) {
    throw new ReadStoreError('view-version-invalid', `not a version's name: ${JSON.stringify(version)}`);
  }
}

export function unknownVersion(version: string): ReadStoreError {
  return new ReadStoreError('view-version-unknown', `there are no views ${version}`);
}

/** No version has a colon in its name. No name of a collection gives the checkpoints. */
function physicalName(version: string, generation: string, collection: string): string {
  return `${version}:${generation}:${collection}`;
}

function rowId(generation: string, name: string): string {
  return `${generation}:${name}`;
}
