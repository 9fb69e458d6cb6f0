import type { Collection, MongoClient } from 'mongodb';
import { ReadStoreError } from '../errors.ts';
import { understandFilter } from '../filter.ts';
import { checkPipeline } from '../pipeline.ts';
import type {
  CollectionDefinition,
  Document,
  Filter,
  FindOptions,
  Guarded,
  Json,
  Pipeline,
  ViewSet,
  WriteBatch,
} from '../port.ts';
import { ArrayPaths } from './array-paths.ts';
import { BatchWriter, type WrittenCollection } from './batch-writer.ts';
import { type Catalogue, type CheckpointRow, unknownVersion } from './catalogue.ts';
import { asPipelineErrors, asStoreErrors } from './errors.ts';
import { giveWayToArrays, makeCollection, reconcileIndexes } from './indexes.ts';
import { Queries } from './queries.ts';
import { fromStored, type StoredDocument } from './stored-document.ts';

/** Ids in one request. */
const IDS_AT_ONCE = 1_000;

export interface MongoViewSetParts {
  readonly version: string;
  readonly generation: string;
  readonly client: MongoClient;
  readonly catalogue: Catalogue;
  readonly writable: boolean;
  readonly timeoutMs: number;
  readonly onClosed: () => void;
}

interface OpenCollection extends WrittenCollection {
  readonly queries: Queries;
}

/** One version's collections. */
export class MongoViewSet implements ViewSet {
  readonly version: string;
  readonly #parts: MongoViewSetParts;
  readonly #checkpoints: Collection<CheckpointRow>;
  readonly #collections = new Map<string, OpenCollection>();
  readonly #writer: BatchWriter;
  /** Lists that were declared before: a request opens the views with the same one each time. */
  readonly #declared = new WeakMap<readonly CollectionDefinition[], Promise<void>>();
  readonly #running = new Set<Promise<unknown>>();
  /** Whether readers may open it. */
  #ready = false;
  #closing: Promise<void> | undefined;

  constructor(parts: MongoViewSetParts) {
    this.version = parts.version;
    this.#parts = parts;
    this.#checkpoints = parts.catalogue.checkpoints(parts.version, parts.generation);
    this.#writer = new BatchWriter({
      client: parts.client,
      checkpoints: this.#checkpoints,
      collection: (name) => this.#known(name),
    });
  }

  /** Set once `close` was called. */
  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  /**
   * Sees to it that collections are there.
   * @throws {ReadStoreError}
   */
  declare(collections: readonly CollectionDefinition[]): Promise<void> {
    const before = this.#declared.get(collections);
    if (before !== undefined) return before;
    const declaring = this.#run(() => this.#declare(collections));
    this.#declared.set(collections, declaring);
    // What failed is tried again.
    declaring.catch(() => this.#declared.delete(collections));
    return declaring;
  }

  async get<D extends Document>(collection: string, id: string): Promise<Guarded<D> | undefined> {
    const stored = await this.#run(async () => {
      const { documents } = await this.#collection(collection);
      return this.#orGone(await documents.findOne({ _id: id }), (found) => found === null);
    });
    return stored === null ? undefined : fromStored<D>(stored);
  }

  async getRaw(collection: string, id: string): Promise<{ readonly json: string; readonly guard: string } | undefined> {
    const found = await this.get(collection, id);
    return found && { json: JSON.stringify(found.document), guard: found.guard };
  }

  async getMany<D extends Document>(
    collection: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Guarded<D>>> {
    return this.#run(async () => {
      const { documents } = await this.#collection(collection);
      const found = new Map<string, Guarded<D>>();
      for (let i = 0; i < ids.length; i += IDS_AT_ONCE) {
        const some = ids.slice(i, i + IDS_AT_ONCE);
        for await (const stored of documents.find({ _id: { $in: some } })) found.set(stored._id, fromStored<D>(stored));
      }
      return this.#orGone(found, () => found.size === 0);
    });
  }

  async find<D extends Document>(collection: string, options: FindOptions = {}): Promise<readonly D[]> {
    understandFilter(options.filter ?? {});
    return this.#run(async () => {
      const { queries } = await this.#collection(collection);
      const rows = await queries.find(options);
      return this.#orGone(rows as readonly D[], () => rows.length === 0);
    });
  }

  async *stream<D extends Document>(collection: string, options: FindOptions = {}): AsyncGenerator<readonly D[]> {
    understandFilter(options.filter ?? {});
    const { queries } = await this.#run(() => this.#collection(collection));
    let rows = 0;
    for await (const page of queries.stream(options, (work) => this.#run(work))) {
      rows += page.length;
      yield page as readonly D[];
    }
    await this.#run(() => this.#orGone(undefined, () => rows === 0));
  }

  async aggregate<R extends object>(collection: string, pipeline: Pipeline): Promise<readonly R[]> {
    checkPipeline(pipeline);
    return this.#run(async () => {
      const { queries } = await this.#collection(collection);
      const rows = await asPipelineErrors(() => queries.aggregate(pipeline));
      return this.#orGone(rows as readonly Json[] as readonly R[], () => rows.length === 0);
    });
  }

  async count(collection: string, filter?: Filter): Promise<number> {
    understandFilter(filter ?? {});
    return this.#run(async () => {
      const { queries } = await this.#collection(collection);
      return this.#orGone(await queries.count(filter), (count) => count === 0);
    });
  }

  async checkpoint(consumer: string): Promise<Json | undefined> {
    return this.#run(async () => {
      const row = await this.#orGone(await this.#checkpoints.findOne({ _id: consumer }), (found) => found === null);
      return row === null ? undefined : (JSON.parse(row.json) as Json);
    });
  }

  async write(batch: WriteBatch): Promise<void> {
    this.#checkOpen();
    if (!this.#parts.writable) throw new ReadStoreError('read-only', 'a reader of the views cannot write them');
    await this.#run(() => this.#writer.apply(batch));
  }

  /** Waits for what runs. Closes it for everyone who has opened this version of this store. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    this.#parts.onClosed();
  }

  async #declare(collections: readonly CollectionDefinition[]): Promise<void> {
    const { catalogue, generation, version, writable } = this.#parts;
    if (writable) {
      await makeCollection(this.#checkpoints);
      for (const { name } of collections) await catalogue.addCollection(generation, name);
    }
    const there = await catalogue.collections(generation);
    for (const { name, indexes } of collections) {
      const noted = there.get(name);
      if (noted === undefined) throw unknownCollection(name);
      const arrays = new ArrayPaths(noted);
      const documents = catalogue.documents(version, generation, name);
      if (writable) {
        await makeCollection(documents);
        await reconcileIndexes(documents, indexes, arrays);
      }
      this.#collections.set(name, this.#open(name, documents, arrays));
    }
    // Collections that were declared elsewhere.
    for (const [name, noted] of there) {
      if (this.#collections.has(name)) continue;
      const documents = catalogue.documents(version, generation, name);
      this.#collections.set(name, this.#open(name, documents, new ArrayPaths(noted)));
    }
    if (writable && !this.#ready) {
      await catalogue.finish(version, generation);
      this.#ready = true;
    }
  }

  #open(name: string, documents: Collection<StoredDocument>, arrays: ArrayPaths): OpenCollection {
    const { catalogue, generation, timeoutMs } = this.#parts;
    const fieldsWithArrays = (fields: readonly string[]): Promise<readonly string[]> =>
      catalogue.fieldsWithArrays(generation, name, fields);
    return {
      documents,
      queries: new Queries({ documents, timeoutMs, fieldsWithArrays }),
      noteArrays: async (paths) => {
        const found = new Set([...paths].filter((path) => !arrays.has(path)));
        if (found.size === 0) return;
        const noted = arrays.toNote(found);
        await catalogue.noteArrays(generation, name, noted);
        await giveWayToArrays(documents, new ArrayPaths([...arrays.all(), ...noted]));
        arrays.add(noted);
      },
    };
  }

  async #collection(name: string): Promise<OpenCollection> {
    // A writer elsewhere may have declared it meanwhile.
    if (!this.#collections.has(name)) await this.#declare([]);
    return this.#known(name);
  }

  #known(name: string): OpenCollection {
    const collection = this.#collections.get(name);
    if (collection === undefined) throw unknownCollection(name);
    return collection;
  }

  /** What was found; but that there is nothing is believed only of a version that is still there. */
  async #orGone<T>(found: T, isNothing: (found: T) => boolean): Promise<T> {
    const { catalogue, generation, version } = this.#parts;
    if (isNothing(found) && (await catalogue.generation(version)) !== generation) throw unknownVersion(version);
    return found;
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const running = asStoreErrors(work);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined)
      throw new ReadStoreError('read-store-unavailable', `the views ${this.version} are closed`);
  }
}

function unknownCollection(name: string): ReadStoreError {
  return new ReadStoreError('collection-unknown', `no collection ${JSON.stringify(name)}`);
}
