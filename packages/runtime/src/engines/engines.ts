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
  | {
      readonly kind: 'kafka';
      readonly brokers: readonly string[];
      readonly ssl: boolean;
      /** SCRAM-SHA-512. */
      readonly sasl?: { readonly username: string; readonly password: string };
      readonly topics: TopicSettings;
    };

/** How topics are made, and what they are checked for. */
export interface TopicSettings {
  /** What their names begin with. */
  readonly prefix: string;
  readonly partitions?: number | undefined;
  readonly factPartitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  readonly minInSyncReplicas?: number | undefined;
  /** ms. */
  readonly retentionMs?: number | undefined;
}

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

const atLeastOne = z.coerce.number().int().min(1);
const DAY_MS = 86_400_000;

const topicParameters = z.strictObject({
  partitions: atLeastOne.optional(),
  factPartitions: atLeastOne.optional(),
  replicationFactor: atLeastOne.optional(),
  minInSyncReplicas: atLeastOne.optional(),
  retentionDays: atLeastOne.optional(),
});

const kafkaUrl =
  /^kafka(?<ssl>\+ssl)?:\/\/(?:(?<username>[^:@/]+):(?<password>[^@/]+)@)?(?<brokers>[^/?@]+)(?:\/(?<prefix>[a-z][a-z0-9-]*)?)?(?:\?(?<query>.*))?$/;

export const eventBusUrl = z.string().transform((text, context): EventBusEngine => {
  if (text === 'embedded:') return { kind: 'embedded' };
  const { ssl, username, password, brokers = '', prefix, query = '' } = kafkaUrl.exec(text)?.groups ?? {};
  if (!brokers.split(',').every((broker) => /^[^:]+:\d{1,5}$/.test(broker))) {
    const message = 'must be "embedded:" or kafka://host:port[,host:port...][/prefix of the topics][?partitions=...]';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  const parameters = topicParameters.safeParse(Object.fromEntries(new URLSearchParams(query)));
  if (!parameters.success) {
    for (const { path, message } of parameters.error.issues)
      context.addIssue({ code: 'custom', message: `in its query ${path.join('.')}: ${message}` });
    return z.NEVER;
  }
  const { retentionDays, ...topics } = parameters.data;
  return {
    kind: 'kafka',
    brokers: brokers.split(','),
    ssl: ssl !== undefined,
    ...(username === undefined || password === undefined
      ? {}
      : { sasl: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }),
    topics: {
      prefix: prefix ?? defaultPrefix,
      ...topics,
      ...(retentionDays === undefined ? {} : { retentionMs: retentionDays * DAY_MS }),
    },
  };
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
