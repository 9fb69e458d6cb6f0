import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import { connectKafka, disconnect, type KafkaConnection, patientRetry } from './connection.ts';
import { TopicMismatchError } from './errors.ts';
import { persistently } from './persistently.ts';

export interface TopicOptions {
  /** What the names of topics begin with. */
  readonly prefix?: string;
  /** Of the topic of events. Fixed for good: another count would move customers to other partitions. */
  readonly partitions?: number;
  /** Of the topic of facts, when it is made: whoever runs Kafka may add some later. */
  readonly factPartitions?: number;
  /** Brokers that keep each partition. */
  readonly replicationFactor?: number;
  /** Of these, how many must have a message before it counts as written. */
  readonly minInSyncReplicas?: number;
  /** How long events stay on the bus; the log keeps them for ever. */
  readonly retentionMs?: number;
}

/** The topics of one log, as they are declared. */
export interface Topics {
  readonly prefix: string;
  readonly events: string;
  readonly relay: string;
  readonly deadLetters: string;
  /** What others publish. */
  readonly facts: string;
  readonly rejectedFacts: string;
  readonly partitions: number;
  readonly declared: readonly ITopicConfig[];
}

const DAY_MS = 86_400_000;

/** An event has 512 KiB at most; the relay sends a partition less than this at once. */
export const MAX_BATCH_BYTES = 1024 * 1024;

/**
 * `<prefix>.events`, `<prefix>.relay` (where the relay stands) and `<prefix>.dead-letters` (copies of what was parked);
 * `<prefix>.facts` (what others publish) and `<prefix>.facts.rejected` (copies of what was not taken of it).
 */
export function declareTopics(options: TopicOptions = {}): Topics {
  const { prefix = 'tenure', partitions = 12, replicationFactor = 1, retentionMs = 7 * DAY_MS } = options;
  const { factPartitions = 12 } = options;
  const { minInSyncReplicas = Math.max(1, replicationFactor - 1) } = options;
  const safe = {
    'min.insync.replicas': String(minInSyncReplicas),
    'unclean.leader.election.enable': 'false',
    'max.message.bytes': String(2 * MAX_BATCH_BYTES),
  };
  const events = `${prefix}.events`;
  const relay = `${prefix}.relay`;
  const deadLetters = `${prefix}.dead-letters`;
  const facts = `${prefix}.facts`;
  const rejectedFacts = `${prefix}.facts.rejected`;
  const topic = (name: string, numPartitions: number, config: Readonly<Record<string, string>>): ITopicConfig => ({
    topic: name,
    numPartitions,
    replicationFactor,
    configEntries: Object.entries({ ...safe, ...config }).map(([key, value]) => ({ name: key, value })),
  });
  return {
    prefix,
    events,
    relay,
    deadLetters,
    facts,
    rejectedFacts,
    partitions,
    declared: [
      topic(events, partitions, { 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs) }),
      // A record a transaction: small segments, so that it is compacted soon and read fast.
      topic(relay, 1, { 'cleanup.policy': 'compact', 'segment.bytes': String(16 * 1024 * 1024) }),
      topic(deadLetters, 1, { 'cleanup.policy': 'delete', 'retention.ms': String(4 * retentionMs) }),
      topic(facts, factPartitions, {
        'cleanup.policy': 'delete',
        'retention.ms': String(4 * retentionMs),
        // By the broker, whatever a publisher compresses with: KafkaJS knows gzip alone, and what comes out has a bound.
        'compression.type': 'uncompressed',
      }),
      topic(rejectedFacts, 1, {
        'cleanup.policy': 'delete',
        'retention.ms': String(4 * retentionMs),
        // The largest message, and what is said of it.
        'max.message.bytes': String(3 * MAX_BATCH_BYTES),
      }),
    ],
  };
}

/**
 * Makes the topics that are not there, and checks the others.
 * @throws {TopicMismatchError} for one with another number of partitions, facts excepted
 */
export async function ensureTopics(connection: KafkaConnection, topics: Topics): Promise<void> {
  const admin = connectKafka(connection, patientRetry).admin();
  try {
    await admin.connect();
    await ensureWith(admin, topics, connection.log);
  } finally {
    await disconnect(admin);
  }
}

async function ensureWith(admin: Admin, { declared, facts }: Topics, log: KafkaConnection['log']): Promise<void> {
  const there = new Set(await admin.listTopics());
  const missing = declared.filter(({ topic }) => !there.has(topic));
  // False when another process was faster.
  if (missing.length > 0) await admin.createTopics({ topics: [...missing], waitForLeaders: false });
  const names = declared.map(({ topic }) => topic);
  const { topics } = await persistently(() => admin.fetchTopicMetadata({ topics: names }));
  for (const { topic, numPartitions = 1 } of declared) {
    // Nothing depends on which partition a fact is in.
    if (topic === facts) continue;
    const actual = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    if (actual !== numPartitions) throw new TopicMismatchError(topic, numPartitions, actual);
  }
  for (const { topic, configEntries = [] } of declared) {
    if (!there.has(topic)) continue;
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    for (const { name, value } of configEntries) {
      const actual = resources[0]?.configEntries.find((entry) => entry.configName === name)?.configValue;
      if (actual !== value) log('warn', `topic ${topic} has ${name} ${actual}, declared is ${value}`, { topic });
    }
  }
}
