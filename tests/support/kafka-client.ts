import { createKafkaInbox, declareTopics, type InboxMessage } from '@tenure/event-bus/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { until } from './running.ts';

/** A message as somebody else publishes it. */
export interface PublishedMessage {
  readonly value: string | Buffer | null;
  readonly key?: string;
  readonly headers?: Record<string, string>;
}

/** Whoever publishes facts to a system over Kafka, and looks after what was rejected. */
export interface KafkaClient {
  publish(messages: readonly PublishedMessage[]): Promise<void>;
  /** Resolves with the rejected copies, once so many are there. */
  rejected(count: number): Promise<readonly InboxMessage[]>;
  /** Offsets that a group of the system has committed on the topic of facts, added up. */
  committed(group: string): Promise<number>;
  close(): Promise<void>;
}

/** @param prefix of the system's topics, which must be there */
export async function connectKafkaClient(brokers: readonly string[], prefix: string): Promise<KafkaClient> {
  const topics = declareTopics({ prefix });
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
  const admin = kafka.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  const found: InboxMessage[] = [];
  const reader = createKafkaInbox({
    connection: { brokers, log: () => undefined },
    // What is rejected is read as what is published.
    topics: { ...topics, declared: [], facts: topics.rejectedFacts },
    group: `${prefix}.looking-at-rejected`,
    handle: async (messages) => {
      found.push(...messages);
      return messages.map(() => ({ outcome: 'taken' }));
    },
  });
  await reader.start();
  return {
    publish: async (messages) => {
      await producer.send({ topic: topics.facts, acks: -1, messages: [...messages] });
    },
    rejected: async (count) => {
      await until(() => found.length >= count, 60_000).catch((error: unknown) => {
        throw new Error(`${found.length} of ${count} were rejected`, { cause: error });
      });
      return found;
    },
    committed: async (group) => {
      const [offsets] = await admin.fetchOffsets({ groupId: `${prefix}.${group}`, topics: [topics.facts] });
      return (offsets?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    },
    close: async () => {
      await reader.stop();
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    },
  };
}
