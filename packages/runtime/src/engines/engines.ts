import { z } from 'zod';
import { ConfigError } from '../config.ts';

/** Where a MongoDB database is. */
export interface MongoDatabase {
  readonly kind: 'mongodb';
  readonly url: string;
  /** The databases' common beginning: each process has one of its own for its views, keys and the log's index others. */
  readonly database: string;
}

export type EventStoreEngine =
  | { readonly kind: 'sqlite' }
  /** A connection string as EventStoreDB's clients take it. */
  | { readonly kind: 'eventstoredb'; readonly url: string };

export type EventBusEngine =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'kafka'; readonly brokers: readonly string[]; readonly prefix: string };

export type ReadStoreEngine = { readonly kind: 'sqlite' } | MongoDatabase;

/** What a process stands on. Plain data, so that threads can be told. */
export interface Engines {
  readonly eventStore: EventStoreEngine;
  readonly eventBus: EventBusEngine;
  readonly readStore: ReadStoreEngine;
  /** Where the keys of personal data are; with the embedded event store in its directory. */
  readonly keyStore: ReadStoreEngine;
}

const defaultDatabase = 'tenure';
const defaultPrefix = 'tenure';

export const eventStoreUrl = z.string().transform((text, context): EventStoreEngine => {
  if (text === 'sqlite:') return { kind: 'sqlite' };
  if (/^esdb(\+discover)?:\/\/[^/]/.test(text)) return { kind: 'eventstoredb', url: text };
  context.addIssue({
    code: 'custom',
    message: 'must be "sqlite:" or an esdb:// or esdb+discover:// connection string',
  });
  return z.NEVER;
});

export const eventBusUrl = z.string().transform((text, context): EventBusEngine => {
  if (text === 'embedded:') return { kind: 'embedded' };
  const [, brokers = '', prefix = defaultPrefix] = /^kafka:\/\/([^/]+)(?:\/([a-z][a-z0-9-]*))?\/?$/.exec(text) ?? [];
  if (brokers !== '' && brokers.split(',').every((broker) => /^[^:]+:\d{1,5}$/.test(broker)))
    return { kind: 'kafka', brokers: brokers.split(','), prefix };
  context.addIssue({
    code: 'custom',
    message: 'must be "embedded:" or kafka://host:port[,host:port...][/prefix of the topics]',
  });
  return z.NEVER;
});

export const readStoreUrl = z.string().transform((text, context): ReadStoreEngine => {
  if (text === 'sqlite:') return { kind: 'sqlite' };
  const [, path = ''] = /^mongodb(?:\+srv)?:\/\/[^/]+(?:\/([^?]*))?/.exec(text) ?? [];
  if (/^mongodb(\+srv)?:\/\/[^/]/.test(text)) return { kind: 'mongodb', url: text, database: path || defaultDatabase };
  context.addIssue({ code: 'custom', message: 'must be "sqlite:" or a mongodb:// connection string' });
  return z.NEVER;
});

interface EngineConfig {
  readonly TENURE_EVENT_STORE: EventStoreEngine;
  readonly TENURE_EVENT_BUS: EventBusEngine;
  readonly TENURE_READ_STORE: ReadStoreEngine;
  readonly TENURE_KEY_STORE?: ReadStoreEngine | undefined;
  readonly TENURE_ID_KEY?: string | undefined;
}

/**
 * The engines that are configured, if they can work together.
 * @throws {ConfigError} naming each combination that cannot
 */
export function enginesOf(config: EngineConfig): Engines {
  const { TENURE_EVENT_STORE: eventStore, TENURE_EVENT_BUS: eventBus, TENURE_READ_STORE: readStore } = config;
  const keyStore = config.TENURE_KEY_STORE ?? defaultKeyStore(eventStore, readStore);
  const faults: string[] = [];
  if (eventStore.kind === 'sqlite') {
    if (eventBus.kind === 'kafka')
      faults.push(
        'TENURE_EVENT_BUS: the SQLite log belongs to one process, which needs no Kafka: set TENURE_EVENT_STORE',
      );
    if (keyStore.kind === 'mongodb')
      faults.push('TENURE_KEY_STORE: the SQLite log keeps its keys beside it: leave it out, or set TENURE_EVENT_STORE');
  } else {
    if (readStore.kind === 'sqlite')
      faults.push('TENURE_READ_STORE: with EventStoreDB it must be MongoDB, which also keeps the index by customer');
    if (config.TENURE_KEY_STORE?.kind === 'sqlite')
      faults.push('TENURE_KEY_STORE: with EventStoreDB it must be MongoDB, as all processes need the same keys');
    if (config.TENURE_ID_KEY === undefined)
      faults.push('TENURE_ID_KEY: is required with EventStoreDB, the same for all processes');
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { eventStore, eventBus, readStore, keyStore };
}

function defaultKeyStore(eventStore: EventStoreEngine, readStore: ReadStoreEngine): ReadStoreEngine {
  if (eventStore.kind === 'sqlite' || readStore.kind === 'sqlite') return { kind: 'sqlite' };
  return { ...readStore, database: `${readStore.database}-keys` };
}
