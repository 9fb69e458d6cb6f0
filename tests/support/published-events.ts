import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';

/** An event as it is on the topic of events. */
export interface Published {
  readonly partition: number;
  /** Null for what belongs to no customer. */
  readonly customerId: string | null;
  readonly eventId: string;
  readonly position: string;
}

const quietMs = 15_000;

/**
 * The committed events on a topic, each partition's in its order, until all that are wanted have come, or nothing has for
 * a while: where a partition ends is not to be seen, as what ends a transaction has an offset and is no message.
 */
export async function readPublishedEvents(
  brokers: readonly string[],
  topic: string,
  wanted: Iterable<string>,
): Promise<readonly Published[]> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const missing = new Set(wanted);
  const found: Published[] = [];
  let heardAt = performance.now();
  const consumer = kafka.consumer({ groupId: `reader-${crypto.randomUUID()}`, readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch: { partition, messages } }) => {
      heardAt = performance.now();
      for (const { headers = {} } of messages) {
        const text = (name: string): string | undefined => headers[name]?.toString();
        if (text('ce_type') === 'tenure.watermark') continue;
        const eventId = text('ce_id') ?? '';
        missing.delete(eventId);
        found.push({
          partition,
          customerId: text('ce_customer') ?? null,
          eventId,
          position: text('ce_position') ?? '',
        });
      }
    },
  });
  while (missing.size > 0 && performance.now() - heardAt < quietMs) await delay(100);
  await consumer.disconnect();
  return found;
}
