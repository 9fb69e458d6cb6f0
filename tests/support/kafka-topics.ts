import { createRequire } from 'node:module';
import { createKafkaInbox, declareTopics, type InboxMessage } from '@tenure/event-bus/kafka';
import { until } from './running.ts';

/** A message as somebody else publishes it. */
export interface PublishedMessage {
  readonly value: string | Buffer | null;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
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

interface Connected {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** What is used here of the bus's own driver. */
interface KafkaDriver {
  producer(): Connected & {
    send(batch: { topic: string; acks: number; messages: readonly PublishedMessage[] }): Promise<unknown>;
  };
  admin(): Connected & {
    fetchOffsets(of: {
      groupId: string;
      topics: readonly string[];
    }): Promise<readonly { readonly partitions: readonly { readonly offset: string }[] }[]>;
  };
}

const requireFromBus = createRequire(new URL('../../packages/event-bus/package.json', import.meta.url));
const { Kafka }: { Kafka: new (options: { brokers: readonly string[]; logLevel: number }) => KafkaDriver } =
  requireFromBus('kafkajs');

/** @param prefix of the system's topics, which must be there */
export async function connectKafkaClient(brokers: readonly string[], prefix: string): Promise<KafkaClient> {
  const topics = declareTopics({ prefix });
  const kafka = new Kafka({ brokers, logLevel: 0 });
  const producer = kafka.producer();
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
      await producer.send({ topic: topics.facts, acks: -1, messages });
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
