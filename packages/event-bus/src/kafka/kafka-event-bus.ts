import type { EventStore } from '@tenure/event-store';
import type { SharedKeyStore } from '@tenure/key-store';
import type { Admin } from 'kafkajs';
import type { Consumer, EventBus, ParkingLot, Subscription } from '../port.ts';
import { connectKafka, disconnect, type KafkaConnection, patientRetry } from './connection.ts';
import { DeadLetters } from './dead-letters.ts';
import { KafkaSubscription } from './kafka-subscription.ts';
import { partitionOf } from './partition-of.ts';
import { ensureTopics, type Topics } from './topics.ts';

export interface KafkaEventBusOptions {
  readonly connection: KafkaConnection;
  readonly topics: Topics;
  /** What the names of consumer groups begin with: processes with the same share the work. */
  readonly group: string;
  /** For what the topic does not hold. */
  readonly store: EventStore;
  /** Opens personal data. */
  readonly keys: Pick<SharedKeyStore, 'findMany'>;
  readonly parkingLot: ParkingLot;
  /** ms since 1970 UTC; for the rows of what is parked. */
  readonly now: () => number;
  /** Events a delivery holds at most. */
  readonly pageSize?: number;
  /** First pause after a failure; doubles up to a hundred times that. */
  readonly retryMs?: number;
  /** A process that has not been heard of for that long has lost its partitions. */
  readonly sessionTimeoutMs?: number;
  /** A partition of which nothing comes for that long at first is read from the store. */
  readonly idleMs?: number;
  /** Where a consumer stands is stored that long after watermarks alone moved it. */
  readonly storeMs?: number;
}

/**
 * A bus between processes. `subscribe` checks the topics, and makes them where they are not there: it rejects with
 * TopicMismatchError, or when Kafka cannot be reached. Later it waits for a Kafka that is away.
 */
export function createKafkaEventBus(options: KafkaEventBusOptions): EventBus {
  const { connection, topics, group } = options;
  const { pageSize = 1_000, retryMs = 50, sessionTimeoutMs = 15_000, idleMs = 1_000, storeMs = 200 } = options;
  const kafka = connectKafka(connection, patientRetry);
  const deadLetters = new DeadLetters(kafka, topics.deadLetters);
  const subscriptions = new Set<KafkaSubscription>();
  let ready: Promise<void> | undefined;
  let admin: Promise<Admin> | undefined;

  const openAdmin = async (): Promise<Admin> => {
    const opened = kafka.admin();
    try {
      await opened.connect();
      return opened;
    } catch (error) {
      admin = undefined;
      await disconnect(opened);
      throw error;
    }
  };
  const ensured = async (): Promise<void> => {
    ready ??= ensureTopics(connection, topics);
    await ready.catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
  };

  return {
    follows: (key) => {
      const partition = partitionOf(key, topics.partitions);
      return subscriptions.size > 0 && [...subscriptions].every((subscription) => subscription.has(partition));
    },
    subscribe: async (consumer: Consumer): Promise<Subscription> => {
      await ensured();
      const subscription = new KafkaSubscription({
        ...options,
        kafka,
        admin: () => {
          admin ??= openAdmin();
          return admin;
        },
        groupId: `${group}.${consumer.name}`,
        consumer,
        deadLetters,
        pageSize,
        retryMs,
        sessionTimeoutMs,
        idleMs,
        storeMs,
      });
      subscriptions.add(subscription);
      await subscription.start();
      return subscription;
    },
    close: async () => {
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
      await deadLetters.close();
      // One that could not be opened needs no end.
      const opened = await admin?.catch(() => undefined);
      if (opened !== undefined) await disconnect(opened);
    },
  };
}
