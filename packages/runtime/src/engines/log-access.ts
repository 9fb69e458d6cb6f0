import type { EventStore } from '@tenure/event-store';
import type { SqliteEventStoreConnection } from '@tenure/event-store/sqlite';
import type { SharedKeyStore } from '@tenure/key-store';
import type { Engines, MongoDatabase } from './engines.ts';
import { untilAvailable } from './until-available.ts';

/** How a thread of this process gets at the log. Plain data but for the port of an embedded one, which is handed over. */
export type LogAccess =
  | { readonly kind: 'sqlite'; readonly connection: SqliteEventStoreConnection }
  | {
      readonly kind: 'eventstoredb';
      readonly url: string;
      readonly keys: MongoDatabase;
      readonly index: MongoDatabase;
    };

/** The log, as the process that serves it sees it. */
export interface ServedLog {
  readonly store: EventStore;
  /** For another thread, which closes what it opens. */
  access(): LogAccess;
  /** When the log took its last event, ms since 1970 UTC; undefined on an empty log. */
  lastRecordedAt(): Promise<number | undefined>;
  /** Why nothing can be written, if it is known; undefined if all is well. */
  check(): Promise<string | undefined>;
  close(): Promise<void>;
}

interface LogOptions {
  readonly directory: string;
  /** ms since 1970 UTC. */
  readonly now: () => number;
  /** Told of what is wrong with the log's index by customer: it is mended, or read around. */
  readonly onIndexFault: (fault: string) => void;
}

type ClientOptions = Omit<LogOptions, 'directory'>;

const READ_CACHE_MEBIBYTES = 16;
/**
 * How long one answer, and all that an append takes, may last: less than a request may, so that whoever publishes is told
 * that the store is away, not that time is up.
 */
const TIMEOUT_MS = 3_500;
const PATIENCE_MS = 3_500;

/** Opens the log for a process. Drivers that are not needed are not loaded. @throws what the adapters throw */
export async function serveLog(engines: Engines, { directory, ...options }: LogOptions): Promise<ServedLog> {
  if (engines.eventStore.kind === 'eventstoredb') return serveEventStoreDB(eventStoreDBAccess(engines), options);
  const { now } = options;
  const { connectSqliteEventStore, startLogWriter } = await import('@tenure/event-store/sqlite');
  const writer = await startLogWriter({ directory });
  try {
    const store = connectSqliteEventStore(writer.connect(), { now, cacheMebibytes: READ_CACHE_MEBIBYTES });
    return {
      store,
      access: () => ({ kind: 'sqlite', connection: writer.connect() }),
      lastRecordedAt: async () => store.lastRecordedAt(),
      check: async () => writer.failure?.message,
      close: async () => {
        await store.close();
        await writer.close();
      },
    };
  } catch (error) {
    await writer.close();
    throw error;
  }
}

/** The log, as another thread of the process sees it. */
export interface ConnectedLog {
  /** To be closed. */
  readonly store: EventStore;
  /** Of personal data that comes by another way; undefined where there is none. Closed with the store. */
  readonly keys: SharedKeyStore | undefined;
}

/** Opens the log in another thread of the process that serves it. */
export async function connectLog(access: LogAccess, options: ClientOptions): Promise<ConnectedLog> {
  // One thread of a process is enough to offer it.
  if (access.kind === 'eventstoredb') return openEventStore(access, { ...options, maintainsIndex: false });
  const { connectSqliteEventStore } = await import('@tenure/event-store/sqlite');
  const { now } = options;
  const store = connectSqliteEventStore(access.connection, { now, cacheMebibytes: READ_CACHE_MEBIBYTES });
  return { store, keys: undefined };
}

export type EventStoreDBAccess = Extract<LogAccess, { kind: 'eventstoredb' }>;

/**
 * The index of the log by customer and the keys of personal data stand beside the views, for all processes together.
 * @throws {TypeError} for engines that `enginesOf` does not answer together
 */
export function eventStoreDBAccess({ eventStore, readStore, keyStore }: Engines): EventStoreDBAccess {
  if (eventStore.kind !== 'eventstoredb' || readStore.kind !== 'mongodb' || keyStore.kind !== 'mongodb')
    throw new TypeError('EventStoreDB needs MongoDB for its keys and its index');
  const index = { ...readStore, database: `${readStore.database}-log` };
  return { kind: 'eventstoredb', url: eventStore.url, keys: keyStore, index };
}

async function serveEventStoreDB(access: EventStoreDBAccess, options: ClientOptions): Promise<ServedLog> {
  const { store } = await openEventStore(access, { ...options, maintainsIndex: true });
  return {
    store,
    access: () => access,
    lastRecordedAt: () => store.lastRecordedAt(),
    check: () =>
      store.head().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    close: () => store.close(),
  };
}

async function openEventStore(
  { url, keys, index }: EventStoreDBAccess,
  { now, onIndexFault, maintainsIndex }: ClientOptions & { readonly maintainsIndex: boolean },
): Promise<{ store: EventStore & Pick<ServedLog, 'lastRecordedAt'>; keys: SharedKeyStore }> {
  const { openEventStoreDB, openMongoCustomerIndex } = await import('@tenure/event-store/eventstoredb');
  const { openMongoKeyStore } = await import('@tenure/key-store/mongodb');
  const opened = new AsyncDisposableStack();
  try {
    const keyStore = await untilAvailable(() => openMongoKeyStore({ ...keys, timeoutMs: TIMEOUT_MS }));
    opened.defer(() => keyStore.close());
    const customers = await untilAvailable(() => openMongoCustomerIndex({ ...index, timeoutMs: TIMEOUT_MS }));
    opened.defer(() => customers.close());
    const store = await untilAvailable(() =>
      openEventStoreDB({
        url,
        keys: keyStore,
        index: customers,
        now,
        timeoutMs: TIMEOUT_MS,
        patienceMs: PATIENCE_MS,
        maintainsIndex,
        onIndexFault: (fault) =>
          onIndexFault(
            fault.kind === 'gap'
              ? `revision ${fault.revision} of ${fault.stream} is missing`
              : String(fault.error instanceof Error ? fault.error.message : fault.error),
          ),
      }),
    );
    const close = store.close.bind(store);
    opened.defer(close);
    return { store: Object.assign(store, { close: () => opened.disposeAsync() }), keys: keyStore };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}
