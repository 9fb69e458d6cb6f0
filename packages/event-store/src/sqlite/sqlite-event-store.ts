import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KeyStore } from '@tenure/key-store';
import { openSqliteKeyStore } from '@tenure/key-store/sqlite';
import { StoreUnavailableError } from '../errors.ts';
import type {
  AppendOutcome,
  AppendUnit,
  Checkpoint,
  EventStore,
  LogIdentity,
  Position,
  ReadAllOptions,
  ReadCustomerOptions,
  ReadRelatedOptions,
  ReadStreamOptions,
  SealedEvent,
  StoredEvent,
} from '../port.ts';
import type { Relation } from '../relation.ts';
import { validateUnits } from '../validation.ts';
import { keysFile, logFile } from './files.ts';
import { LogReader } from './log-reader.ts';
import type { SqliteEventStoreConnection } from './log-writer.ts';
import { startLogWriter } from './log-writer.ts';
import { formatPosition, parsePosition } from './position.ts';
import { openLogForReading } from './schema.ts';
import { WriterLink } from './writer-link.ts';

export interface SqliteClientOptions {
  /** The clock whose time appends are recorded at; the writer never lets it go back. */
  readonly now?: () => number;
  /** Page cache of this client's reads. It is dropped with each commit of the writer, so it serves single reads. */
  readonly cacheMebibytes?: number;
  /** Keys of personal data that are kept in memory; room is made at once. */
  readonly cachedKeys?: number;
}

/** The embedded event store, with what its engine has beyond the port. */
export interface SqliteEventStore extends EventStore {
  /** Makes the personal data of a customer (or stream) unreadable for good, in every thread. Durable when it resolves. */
  destroyKey(owner: string): Promise<void>;
  /** When the log took its last event, ms since 1970 UTC; undefined on an empty log. No clock may be behind it. */
  lastRecordedAt(): number | undefined;
}

const DEFAULT_PAGE_SIZE = 1_000;

/** Opens a client of a log's writer in this thread; it takes the connection's port over. */
export const connectSqliteEventStore = (
  connection: SqliteEventStoreConnection,
  options: SqliteClientOptions = {},
): SqliteEventStore => new Client(connection, options);

/**
 * Starts a log's writer and opens one client of it; closing the client ends the writer. For programs with one client.
 * @throws what `startLogWriter` throws
 */
export const openSqliteEventStore = async (
  options: SqliteClientOptions & { readonly directory: string },
): Promise<SqliteEventStore> => {
  const writer = await startLogWriter(options);
  return new Client(writer.connect(), options, () => writer.close());
};

/** Appends go to the writer's thread; reads are done here, over a read-only connection of this thread. */
class Client implements SqliteEventStore {
  readonly #db: DatabaseSync;
  readonly #keys: KeyStore;
  readonly #reader: LogReader;
  readonly #link: WriterLink;
  readonly #now: () => number;
  readonly #afterClose: () => Promise<void>;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(
    { directory, port }: SqliteEventStoreConnection,
    { now = Date.now, cacheMebibytes = 16, cachedKeys = 50_000 }: SqliteClientOptions,
    afterClose: () => Promise<void> = async () => undefined,
  ) {
    this.#now = now;
    this.#afterClose = afterClose;
    this.#db = openLogForReading(logFile(directory), cacheMebibytes);
    this.#keys = openSqliteKeyStore({ file: keysFile(directory), readOnly: true, cacheSize: cachedKeys });
    this.#reader = new LogReader(this.#db, this.#keys);
    this.#link = new WriterLink(port, this.#reader.head());
  }

  get identity(): LogIdentity {
    return this.#reader.identity;
  }

  async append(units: readonly AppendUnit[]): Promise<readonly AppendOutcome[]> {
    this.#assertOpen();
    validateUnits(units);
    return units.length === 0 ? [] : this.#link.append(this.#now(), units);
  }

  async destroyKey(owner: string): Promise<void> {
    this.#assertOpen();
    await this.#link.destroyKey(owner);
  }

  lastRecordedAt(): number | undefined {
    this.#assertOpen();
    return this.#reader.lastRecordedAt();
  }

  async readStream(stream: string, options?: ReadStreamOptions): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    return this.#reader.readStream(stream, options);
  }

  async readAll(options: ReadAllOptions): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    return this.#reader.readAll(options);
  }

  async readAllSealed(options: ReadAllOptions): Promise<readonly SealedEvent[]> {
    this.#assertOpen();
    return this.#reader.readAllSealed(options);
  }

  async readCustomer(customerId: string, options?: ReadCustomerOptions): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    return this.#reader.readCustomer(customerId, options);
  }

  readCorrelation(correlationId: string, options: ReadRelatedOptions): Promise<readonly StoredEvent[]> {
    return this.#related({ correlationId }, options);
  }

  readTrace(traceId: string, options: ReadRelatedOptions): Promise<readonly StoredEvent[]> {
    return this.#related({ traceId }, options);
  }

  async head(): Promise<Position | null> {
    this.#assertOpen();
    const head = this.#reader.head();
    return head === 0 ? null : formatPosition(head);
  }

  async checkpointAt(position: Position | null): Promise<Checkpoint | undefined> {
    this.#assertOpen();
    return this.#reader.checkpointAt(position);
  }

  async recognises(checkpoint: Checkpoint): Promise<boolean> {
    this.#assertOpen();
    return this.#reader.recognises(checkpoint);
  }

  async *subscribe({
    after = formatPosition(0),
    pageSize = DEFAULT_PAGE_SIZE,
    signal,
  }: {
    after?: Position;
    pageSize?: number;
    signal: AbortSignal;
  }): AsyncGenerator<readonly StoredEvent[]> {
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    let position = after;
    while (!ended.aborted) {
      const page = this.#reader.readAll({ after: position, limit: pageSize });
      const last = page.at(-1);
      if (last) {
        position = last.position;
        yield page;
      } else {
        await this.#link.headBeyond(parsePosition(position), ended);
      }
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#link.close();
    this.#db.close();
    this.#keys.close();
    await this.#afterClose();
  }

  async #related(relation: Relation, { limit, signal }: ReadRelatedOptions): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    const found: StoredEvent[] = [];
    for (const events of this.#reader.related(relation, limit)) {
      found.push(...events);
      await nextTurn();
      signal?.throwIfAborted();
      this.#assertOpen();
    }
    signal?.throwIfAborted();
    return found;
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new StoreUnavailableError('the store was closed');
  }
}
