import { existsSync, mkdirSync } from 'node:fs';
import { ReadStoreError } from '../errors.ts';
import type { CollectionDefinition, ReadStore, ViewSet } from '../port.ts';
import { Connection } from './connection.ts';
import { checkVersion, listVersions, pointerReader, removeVersion, versionFile, writePointer } from './files.ts';
import { collectionOf, type Layout, readLayout } from './layout.ts';
import { lockVersion } from './lock.ts';
import type { Queries } from './queries.ts';
import { QueryEngine } from './query-engine.ts';
import { QueryThread } from './query-thread.ts';
import { reconcile } from './schema.ts';
import { SqliteViewSet } from './view-set.ts';

export interface SqliteReadStoreOptions {
  /** Where the files lie; made if it is missing. */
  readonly directory: string;
  /**
   * `writer`: reads and writes on the caller's thread; one at a time for each version. `reader`: reads single documents
   * on the caller's thread, and queries on a thread of its own.
   */
  readonly role: 'writer' | 'reader';
  /** After which a query fails; streams take their time. Default 8,000. */
  readonly queryTimeoutMs?: number;
}

const WRITER_CACHE_MIB = 64;
const READER_CACHE_MIB = 16;
/** 128 MiB: what is written often within it reaches the file once. */
const CHECKPOINT_PAGES = 32_768;

/** Opens the read store on node:sqlite: a file a version, and a pointer to the current one. */
export function openSqliteReadStore(options: SqliteReadStoreOptions): ReadStore {
  return new SqliteReadStore(options);
}

class SqliteReadStore implements ReadStore {
  readonly #directory: string;
  readonly #writes: boolean;
  readonly #timeoutMs: number;
  readonly #open = new Map<string, SqliteViewSet>();
  readonly #pointer: () => string | undefined;
  #thread: QueryThread | undefined;
  #closed = false;

  constructor({ directory, role, queryTimeoutMs = 8_000 }: SqliteReadStoreOptions) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#writes = role === 'writer';
    this.#timeoutMs = queryTimeoutMs;
    this.#pointer = pointerReader(directory);
  }

  async open(version: string, collections: readonly CollectionDefinition[]): Promise<ViewSet> {
    checkVersion(version);
    if (this.#closed) throw new ReadStoreError('read-store-unavailable', 'the read store is closed');
    let known = this.#open.get(version);
    while (known?.closing !== undefined) {
      await known.closing;
      known = this.#open.get(version);
    }
    if (known !== undefined) {
      known.declare(collections);
      return known;
    }
    if (!this.#writes) this.#checkExists(version);
    const file = versionFile(this.#directory, version);
    const onClosed = (): void => void this.#open.delete(version);
    const queries = this.#writes ? new QueryEngine(file, this.#timeoutMs) : this.#queryThread().queries(file);
    const views = this.#writes
      ? openToWrite(this.#directory, version, collections, queries, onClosed)
      : openToRead(file, version, collections, queries, onClosed);
    this.#open.set(version, views);
    return views;
  }

  async current(): Promise<string | undefined> {
    return this.#pointer();
  }

  async switchTo(version: string): Promise<void> {
    this.#checkWrites();
    this.#checkExists(version);
    writePointer(this.#directory, version);
  }

  async versions(): Promise<readonly string[]> {
    return listVersions(this.#directory);
  }

  async drop(version: string): Promise<void> {
    this.#checkWrites();
    this.#checkExists(version);
    if (this.#open.has(version) || this.#pointer() === version) {
      throw new ReadStoreError('view-version-in-use', `the views ${version} are open or current`);
    }
    const lock = lockVersion(this.#directory, version);
    try {
      removeVersion(this.#directory, version);
    } finally {
      lock.release();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open.values()].map((views) => views.close()));
    await this.#thread?.close();
  }

  #queryThread(): QueryThread {
    this.#thread ??= new QueryThread(this.#timeoutMs);
    return this.#thread;
  }

  #checkWrites(): void {
    if (!this.#writes) throw new ReadStoreError('read-only', 'a reader of the views cannot change them');
  }

  #checkExists(version: string): void {
    checkVersion(version);
    if (!existsSync(versionFile(this.#directory, version))) {
      throw new ReadStoreError('view-version-unknown', `there are no views ${version}`);
    }
  }
}

function openToWrite(
  directory: string,
  version: string,
  collections: readonly CollectionDefinition[],
  queries: Queries,
  onClosed: () => void,
): SqliteViewSet {
  const lock = lockVersion(directory, version);
  const file = versionFile(directory, version);
  try {
    return openFile(file, { readOnly: false, cacheMiB: WRITER_CACHE_MIB }, (connection) => {
      // A view can be rebuilt, so a commit need not reach the disk; a checkpoint is never there without its documents.
      connection.db.exec(`
        pragma journal_mode = wal;
        pragma synchronous = normal;
        pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};
        pragma journal_size_limit = ${CHECKPOINT_PAGES * 4096};
      `);
      const views = new SqliteViewSet({
        version,
        connection,
        writable: true,
        queries,
        declareLayout: (declared) => reconcile(connection, file, declared),
        onClosed: () => {
          lock.release();
          onClosed();
        },
      });
      views.declare(collections);
      return views;
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openToRead(
  file: string,
  version: string,
  collections: readonly CollectionDefinition[],
  queries: Queries,
  onClosed: () => void,
): SqliteViewSet {
  return openFile(file, { readOnly: true, cacheMiB: READER_CACHE_MIB }, (connection) => {
    const declareLayout = (declared: readonly CollectionDefinition[]): Layout => {
      const layout = readLayout(connection, file);
      for (const { name } of declared) collectionOf(layout, name);
      return layout;
    };
    const views = new SqliteViewSet({ version, connection, writable: false, queries, declareLayout, onClosed });
    views.declare(collections);
    return views;
  });
}

/** @throws {ReadStoreError} `view-rebuild-needed` if the file is no database */
function openFile<T>(
  file: string,
  options: { readOnly: boolean; cacheMiB: number },
  use: (connection: Connection) => T,
): T {
  let connection: Connection | undefined;
  try {
    connection = new Connection(file, options);
    return use(connection);
  } catch (cause) {
    connection?.close();
    throw isDamage(cause) ? damaged(file, cause) : cause;
  }
}

function damaged(file: string, cause: unknown): ReadStoreError {
  return new ReadStoreError('view-rebuild-needed', `${file} is damaged: rebuild it`, cause);
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === 11 || code === 26;
}
