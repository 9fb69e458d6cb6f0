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
import type { Connection } from './connection.ts';
import { collectionOf, type Layout } from './layout.ts';
import type { Page, PageStart, Queries } from './queries.ts';
import { BatchWriter } from './writer.ts';

const PAGE_ROWS = 200;

export interface SqliteViewSetParts {
  readonly version: string;
  /** Serves single documents, on the caller's thread; the writer's own connection if there is one. */
  readonly connection: Connection;
  readonly writable: boolean;
  readonly queries: Queries;
  /** Sees to it that collections are there, and tells how all are kept. */
  readonly declareLayout: (collections: readonly CollectionDefinition[]) => Layout;
  readonly onClosed: () => void;
}

/** One version's file. */
export class SqliteViewSet implements ViewSet {
  readonly version: string;
  readonly #parts: SqliteViewSetParts;
  #layout: Layout = new Map();
  #writer: BatchWriter | undefined;
  /** Lists that were declared before: a request opens the views with the same one each time. */
  readonly #declared = new WeakSet<readonly CollectionDefinition[]>();
  #closing: Promise<void> | undefined;

  constructor(parts: SqliteViewSetParts) {
    this.version = parts.version;
    this.#parts = parts;
  }

  /** Set once `close` was called. */
  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  /**
   * Sees to it that collections are there.
   * @throws {ReadStoreError}
   */
  declare(collections: readonly CollectionDefinition[]): void {
    if (this.#declared.has(collections)) return;
    this.#layout = this.#parts.declareLayout(collections);
    this.#writer = undefined;
    if (collections.length > 0) this.#declared.add(collections);
  }

  async get<D extends Document>(collection: string, id: string): Promise<Guarded<D> | undefined> {
    return this.#read<D>(collection, id);
  }

  async getRaw(collection: string, id: string): Promise<{ readonly json: string; readonly guard: string } | undefined> {
    const row = this.#row(collection, id);
    return row && { json: String(row.doc), guard: String(row.guard) };
  }

  async getMany<D extends Document>(
    collection: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Guarded<D>>> {
    const found = new Map<string, Guarded<D>>();
    for (const id of ids) {
      const guarded = this.#read<D>(collection, id);
      if (guarded !== undefined) found.set(id, guarded);
    }
    return found;
  }

  async find<D extends Document>(collection: string, options: FindOptions = {}): Promise<readonly D[]> {
    this.#checkOpen();
    understandFilter(options.filter ?? {});
    return JSON.parse(await this.#parts.queries.find(collection, options));
  }

  async *stream<D extends Document>(collection: string, options: FindOptions = {}): AsyncGenerator<readonly D[]> {
    understandFilter(options.filter ?? {});
    const { queries } = this.#parts;
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    let start: PageStart | undefined;
    try {
      while (left > 0) {
        this.#checkOpen();
        const page: Page = await queries.page(collection, options, Math.min(left, PAGE_ROWS), start);
        start = page.next ?? undefined;
        left -= page.rows;
        if (page.rows > 0) yield JSON.parse(page.json);
        if (start === undefined) return;
      }
    } finally {
      // A closed one has forgotten it.
      if (this.#closing === undefined && start !== undefined && 'stream' in start) await queries.release(start.stream);
    }
  }

  async aggregate<R extends object>(collection: string, pipeline: Pipeline): Promise<readonly R[]> {
    this.#checkOpen();
    checkPipeline(pipeline);
    return JSON.parse(await this.#parts.queries.aggregate(collection, pipeline));
  }

  async count(collection: string, filter?: Filter): Promise<number> {
    this.#checkOpen();
    understandFilter(filter ?? {});
    return this.#parts.queries.count(collection, filter);
  }

  async checkpoint(consumer: string): Promise<Json | undefined> {
    this.#checkOpen();
    const row = this.#parts.connection.prepare('select value from checkpoints where consumer = ?').get(consumer);
    return row && JSON.parse(String(row.value));
  }

  async write(batch: WriteBatch): Promise<void> {
    this.#checkOpen();
    if (!this.#parts.writable) throw new ReadStoreError('read-only', 'a reader of the views cannot write them');
    this.#writer ??= new BatchWriter(this.#parts.connection, this.#layout);
    this.#writer.apply(batch);
  }

  /** Waits for the queries that run. Closes it for everyone who has opened this version of this store. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#parts.queries.close();
    this.#parts.connection.close();
    this.#parts.onClosed();
  }

  #read<D extends Document>(collection: string, id: string): Guarded<D> | undefined {
    const row = this.#row(collection, id);
    return row && { document: JSON.parse(String(row.doc)), guard: String(row.guard) };
  }

  #row(collection: string, id: string): Record<string, unknown> | undefined {
    this.#checkOpen();
    // A writer elsewhere may have declared it meanwhile.
    if (!this.#layout.has(collection)) this.declare([]);
    const { documents } = collectionOf(this.#layout, collection);
    return this.#parts.connection.prepare(`select guard, doc from ${documents} where id = ?`).get(id);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined)
      throw new ReadStoreError('read-store-unavailable', `the views ${this.version} are closed`);
  }
}
