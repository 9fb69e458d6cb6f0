import type { DataKey, KeyOwner, SharedKeyStore } from '@tenure/key-store';
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
import { openSealed, seal } from '../sealing.ts';
import { validateUnits } from '../validation.ts';
import { Appender, type UnitRequest } from './appender.ts';
import { Connection } from './connection.ts';
import type { CustomerIndex, CustomerIndexFault } from './customer-index.ts';
import { maintainCustomerIndex } from './customer-index-maintainer.ts';
import { CustomerReads } from './customer-reads.ts';
import { Backoff } from './failures.ts';
import { HeadWatcher } from './head-watcher.ts';
import { ensureIdentity, raiseEpoch } from './identity.ts';
import { LogReads } from './log-reads.ts';
import { measureUnits } from './payload.ts';
import { BEGINNING } from './position.ts';

export interface EventStoreDBOptions {
  /** EventStoreDB's connection string, `esdb://` or `esdb+discover://`, with credentials and TLS as it has them. */
  readonly url: string;
  /** Stays open when the store is closed, as `index` does. */
  readonly keys: SharedKeyStore;
  readonly index: CustomerIndex;
  /** Whether this process offers to maintain the index. One of those that do, does. */
  readonly maintainsIndex?: boolean;
  /** Told of what is wrong with the index; a warning of the process unless given. */
  readonly onIndexFault?: (fault: CustomerIndexFault) => void;
  /** The clock whose time appends are recorded at; it does not take recorded time back (see `Appender`). */
  readonly now?: () => number;
  /** How long to wait for an answer of the server, or its next piece, before it is asked again. */
  readonly timeoutMs?: number;
  /** How long to go on asking before StoreUnavailableError. */
  readonly patienceMs?: number;
}

/** The event store on EventStoreDB, with what it has beyond the port. */
export interface EventStoreDB extends EventStore {
  /** Makes the personal data of a customer (or stream) unreadable for good. Durable when it resolves. */
  destroyKey(owner: KeyOwner): Promise<void>;
  /** When the log took its last event, ms since 1970 UTC; undefined on an empty log. No clock may be behind it. */
  lastRecordedAt(): Promise<number | undefined>;
}

const DEFAULT_PAGE_SIZE = 1_000;
const TIMEOUT_MS = 2_500;
const PATIENCE_MS = 6_000;

/**
 * Opens a client of a log on EventStoreDB 22.6 or later. The whole server is the log.
 * @throws {StoreUnavailableError} when the server does not answer
 * @throws {LogFormatError} when what it holds is no log of this kind
 */
export const openEventStoreDB = async (options: EventStoreDBOptions): Promise<EventStoreDB> => {
  const { url, timeoutMs = TIMEOUT_MS, patienceMs = PATIENCE_MS } = options;
  const connection = new Connection({ url, timeoutMs, patienceMs });
  try {
    return new Client(connection, await ensureIdentity(connection), options);
  } catch (error) {
    await connection.close();
    throw error;
  }
};

/**
 * Begins a new life of a log, after a restore or a migration: checkpoints that were taken before are not recognised any
 * more. Clients that are open go on in the old life, so close them first.
 * @throws {StoreUnavailableError} when the server does not answer
 */
export const raiseEventStoreDBEpoch = async ({ url }: Pick<EventStoreDBOptions, 'url'>): Promise<LogIdentity> => {
  const connection = new Connection({ url, timeoutMs: TIMEOUT_MS, patienceMs: PATIENCE_MS });
  try {
    return await raiseEpoch(connection);
  } finally {
    await connection.close();
  }
};

class Client implements EventStoreDB {
  readonly identity: LogIdentity;
  readonly #connection: Connection;
  readonly #keys: SharedKeyStore;
  readonly #reads: LogReads;
  readonly #appender: Appender;
  readonly #watcher: HeadWatcher;
  readonly #customers: CustomerReads;
  readonly #maintenance: Promise<void>;
  readonly #closing = new AbortController();
  /** Appends that were taken and are not answered. */
  readonly #pending = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(connection: Connection, identity: LogIdentity, options: EventStoreDBOptions) {
    const { keys, index, maintainsIndex = true, onIndexFault: onFault = warn, now = Date.now } = options;
    const reads = new LogReads(connection);
    this.identity = identity;
    this.#connection = connection;
    this.#keys = keys;
    this.#reads = reads;
    this.#appender = new Appender(connection, now);
    this.#watcher = new HeadWatcher(connection);
    this.#customers = new CustomerReads({ identity, reads, index, onFault, closing: this.#closing.signal });
    this.#maintenance = maintainsIndex
      ? maintainCustomerIndex({ identity, reads, watcher: this.#watcher, index, onFault, signal: this.#closing.signal })
      : Promise.resolve();
  }

  async append(units: readonly AppendUnit[]): Promise<readonly AppendOutcome[]> {
    this.#assertOpen();
    validateUnits(units);
    const bytes = measureUnits(units);
    if (units.length === 0) return [];
    const pending = this.#append(units, bytes);
    this.#pending.add(pending);
    try {
      return await pending;
    } finally {
      this.#pending.delete(pending);
    }
  }

  async destroyKey(owner: KeyOwner): Promise<void> {
    this.#assertOpen();
    await withKeys(() => this.#keys.destroy(owner));
  }

  async lastRecordedAt(): Promise<number | undefined> {
    this.#assertOpen();
    return (await this.#reads.last())?.recordedAt;
  }

  async readStream(stream: string, options?: ReadStreamOptions): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    return this.#open(await this.#reads.readStream(stream, options));
  }

  async readAll(options: ReadAllOptions): Promise<readonly StoredEvent[]> {
    return this.#open(await this.readAllSealed(options));
  }

  async readAllSealed(options: ReadAllOptions): Promise<readonly SealedEvent[]> {
    this.#assertOpen();
    return this.#reads.readAll(options);
  }

  async readCustomer(customerId: string, options?: ReadCustomerOptions): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    return this.#open(await this.#customers.read(customerId, options));
  }

  async readCorrelation(correlationId: string, options: ReadRelatedOptions): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    return this.#open(await this.#customers.readRelated({ correlationId }, options));
  }

  async readTrace(traceId: string, options: ReadRelatedOptions): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    return this.#open(await this.#customers.readRelated({ traceId }, options));
  }

  async head(): Promise<Position | null> {
    this.#assertOpen();
    return (await this.#reads.last())?.position ?? null;
  }

  async checkpointAt(position: Position | null): Promise<Checkpoint | undefined> {
    this.#assertOpen();
    if (position === null || position === BEGINNING) return { ...this.identity, position: BEGINNING, eventId: null };
    const event = await this.#reads.at(position);
    return event && { ...this.identity, position, eventId: event.id };
  }

  async recognises({ logId, epoch, position, eventId }: Checkpoint): Promise<boolean> {
    if (logId !== this.identity.logId || epoch !== this.identity.epoch) return false;
    return (await this.checkpointAt(position))?.eventId === eventId;
  }

  async *subscribe({
    after,
    pageSize = DEFAULT_PAGE_SIZE,
    signal,
  }: {
    after?: Position;
    pageSize?: number;
    signal: AbortSignal;
  }): AsyncGenerator<readonly StoredEvent[]> {
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    const backoff = new Backoff();
    let position = after ?? BEGINNING;
    while (!ended.aborted) {
      const seen = this.#watcher.changes;
      const page = await this.#page(position, pageSize);
      const last = page?.at(-1);
      if (!page) await backoff.pause(ended);
      else backoff.reset();
      if (page && last && !ended.aborted) {
        position = last.position;
        yield page;
      } else if (page) {
        await this.#watcher.changed(seen, ended);
      }
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Undefined while the server, or the keys, cannot be reached: a subscription outlives that. */
  async #page(after: Position, limit: number): Promise<readonly StoredEvent[] | undefined> {
    try {
      return await this.#open(await this.#reads.readAll({ after, limit }));
    } catch (error) {
      if (error instanceof StoreUnavailableError) return undefined;
      throw error;
    }
  }

  async #append(units: readonly AppendUnit[], bytes: readonly number[]): Promise<readonly AppendOutcome[]> {
    const owners = ownersOf(units);
    const keys: ReadonlyMap<KeyOwner, DataKey> =
      owners.length === 0 ? new Map() : await withKeys(() => this.#keys.ensure(owners));
    return this.#appender.append(
      units.map((unit, index): UnitRequest => ({ appends: sealUnit(unit, keys), bytes: bytes[index] ?? 0 })),
    );
  }

  #open(events: readonly SealedEvent[]): Promise<readonly StoredEvent[]> {
    return openSealed(events, { findMany: (keyIds) => withKeys(() => this.#keys.findMany(keyIds)) });
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#pending);
    await this.#maintenance;
    await this.#connection.close();
    await this.#watcher.closed();
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new StoreUnavailableError('the store was closed');
  }
}

const ownersOf = (units: readonly AppendUnit[]): KeyOwner[] =>
  units.flatMap((unit) =>
    unit.flatMap(({ stream, events }) =>
      events.flatMap(({ personal, customerId }) => (personal === undefined ? [] : [customerId ?? stream])),
    ),
  );

const sealUnit = (unit: AppendUnit, keys: ReadonlyMap<KeyOwner, DataKey>): UnitRequest['appends'] =>
  unit.map(({ stream, expected, events }) => ({
    stream,
    expected,
    events: events.map((event) => {
      const { id, type, customerId, personal } = event;
      if (personal === undefined) return { event, sealed: undefined };
      const key = keys.get(customerId ?? stream);
      if (!key) throw new Error(`the key store made no key for ${customerId ?? stream}`);
      return { event, sealed: seal(JSON.stringify(personal), key, { eventId: id, stream, type }) };
    }),
  }));

/** Whatever a key store rejects with means that it cannot be reached, but for a key that it never had. */
const withKeys = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'key-unknown') throw error;
    throw new StoreUnavailableError('the keys of personal data cannot be reached', { cause: error });
  }
};

const warn = (fault: CustomerIndexFault): void => {
  const what =
    fault.kind === 'gap'
      ? `it lacks revision ${fault.revision} of ${fault.stream}, and should be built anew`
      : `it could not be brought up to date: ${String(fault.error)}`;
  process.emitWarning(`index of events by customer: ${what}`, 'CustomerIndexWarning');
};
