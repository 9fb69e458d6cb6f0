import { MongoClient } from 'mongodb';
import { ReadStoreError } from '../errors.ts';
import type { CollectionDefinition, ReadStore, ViewSet } from '../port.ts';
import { Catalogue, checkVersion, unknownVersion } from './catalogue.ts';
import { asStoreErrors } from './errors.ts';
import { MongoViewSet } from './view-set.ts';

export interface MongoReadStoreOptions {
  /** Of a replica set or a sharded cluster: `mongodb://host:port/...`. */
  readonly url: string;
  /** The name of the database; all of it is the read store's. */
  readonly database: string;
  /** `writer`: reads and writes; several may write one version, and their guards keep them apart. `reader`: reads. */
  readonly role: 'writer' | 'reader';
  /** After which a query fails; streams take their time. Default 8,000. */
  readonly queryTimeoutMs?: number;
}

/** How long a request waits for a server that can take it, unless the URL says otherwise. */
const SELECTION_TIMEOUT_MS = 4_000;

/**
 * Opens the read store on MongoDB: a collection for each collection of each version, and a pointer to the current one.
 * @throws {ReadStoreError} `read-store-unavailable`
 */
export async function openMongoReadStore(options: MongoReadStoreOptions): Promise<ReadStore> {
  const { url, database } = options;
  return asStoreErrors(async () => {
    const patience = url.includes('serverSelectionTimeoutMS') ? {} : { serverSelectionTimeoutMS: SELECTION_TIMEOUT_MS };
    const client = new MongoClient(url, {
      ...patience,
      appName: 'tenure',
      ignoreUndefined: true,
      readPreference: 'primary',
      readConcern: { level: 'majority' },
      writeConcern: { w: 'majority', journal: true },
    });
    try {
      await client.connect();
      const hello = await client.db(database).command({ hello: 1 });
      if (hello.setName === undefined && hello.msg !== 'isdbgrid') {
        throw new ReadStoreError('read-store-unavailable', 'MongoDB must be a replica set: it writes in transactions');
      }
    } catch (reason) {
      await client.close();
      throw reason;
    }
    return new MongoReadStore(client, options);
  });
}

class MongoReadStore implements ReadStore {
  readonly #client: MongoClient;
  readonly #catalogue: Catalogue;
  readonly #writes: boolean;
  readonly #timeoutMs: number;
  readonly #open = new Map<string, Promise<MongoViewSet>>();
  #closing: Promise<void> | undefined;

  constructor(client: MongoClient, { database, role, queryTimeoutMs = 8_000 }: MongoReadStoreOptions) {
    this.#client = client;
    this.#catalogue = new Catalogue(client.db(database));
    this.#writes = role === 'writer';
    this.#timeoutMs = queryTimeoutMs;
  }

  async open(version: string, collections: readonly CollectionDefinition[]): Promise<ViewSet> {
    checkVersion(version);
    this.#checkOpen();
    for (;;) {
      const known = await this.#open.get(version);
      if (known === undefined) return this.#openFirst(version, collections);
      if (known.closing === undefined) {
        await known.declare(collections);
        return known;
      }
      await known.closing;
    }
  }

  async current(): Promise<string | undefined> {
    this.#checkOpen();
    return asStoreErrors(() => this.#catalogue.current());
  }

  async switchTo(version: string): Promise<void> {
    this.#checkWrites();
    await asStoreErrors(async () => {
      await this.#checkExists(version);
      await this.#catalogue.switchTo(version);
    });
  }

  async versions(): Promise<readonly string[]> {
    this.#checkOpen();
    return asStoreErrors(() => this.#catalogue.versions());
  }

  async drop(version: string): Promise<void> {
    this.#checkWrites();
    await asStoreErrors(async () => {
      await this.#checkExists(version);
      if (this.#open.has(version) || (await this.#catalogue.current()) === version) {
        throw new ReadStoreError('view-version-in-use', `the views ${version} are open or current`);
      }
      await this.#catalogue.drop(version);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    await Promise.all(opened.map((views) => (views.status === 'fulfilled' ? views.value.close() : undefined)));
    await asStoreErrors(() => this.#client.close());
  }

  #openFirst(version: string, collections: readonly CollectionDefinition[]): Promise<MongoViewSet> {
    const opening = this.#openVersion(version, collections);
    this.#open.set(version, opening);
    // What could not be opened is not open.
    opening.catch(() => this.#open.delete(version));
    return opening;
  }

  async #openVersion(version: string, collections: readonly CollectionDefinition[]): Promise<MongoViewSet> {
    const generation = await asStoreErrors(() =>
      this.#writes ? this.#catalogue.begin(version) : this.#catalogue.generation(version),
    );
    if (generation === undefined) throw unknownVersion(version);
    const views = new MongoViewSet({
      version,
      generation,
      client: this.#client,
      catalogue: this.#catalogue,
      writable: this.#writes,
      timeoutMs: this.#timeoutMs,
      onClosed: () => void this.#open.delete(version),
    });
    await views.declare(collections);
    return views;
  }

  async #checkExists(version: string): Promise<void> {
    checkVersion(version);
    if ((await this.#catalogue.generation(version)) === undefined) throw unknownVersion(version);
  }

  #checkWrites(): void {
    this.#checkOpen();
    if (!this.#writes) throw new ReadStoreError('read-only', 'a reader of the views cannot change them');
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new ReadStoreError('read-store-unavailable', 'the read store is closed');
  }
}
