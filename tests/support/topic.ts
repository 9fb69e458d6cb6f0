import { Kafka, logLevel } from 'kafkajs';

/** An event as it is on the topic of events. */
export interface Published {
  readonly partition: number;
  /** Null for what belongs to no customer. */
  readonly customerId: string | null;
  readonly eventId: string;
  readonly position: string;
}

/** All events on a topic that are committed, each partition's in its order. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<readonly Published[]> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map(
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)] as const),
  );
  await admin.disconnect();
  const found: Published[] = [];
  const open = new Set([...ends].filter(([, end]) => end > 0n).map(([partition]) => partition));
  const { promise: read, resolve } = Promise.withResolvers<void>();
  const consumer = kafka.consumer({ groupId: `reader-${crypto.randomUUID()}`, readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch: { partition, messages, lastOffset } }) => {
      for (const { headers = {} } of messages) {
        const text = (name: string): string | undefined => headers[name]?.toString();
        if (text('ce_type') === 'tenure.watermark') continue;
        found.push({
          partition,
          customerId: text('ce_customer') ?? null,
          eventId: text('ce_id') ?? '',
          position: text('ce_position') ?? '',
        });
      }
      // What ends a transaction has an offset of its own, and is no message.
      if (BigInt(lastOffset()) + 2n >= (ends.get(partition) ?? 0n)) open.delete(partition);
      if (open.size === 0) resolve();
    },
  });
  const patience = setTimeout(resolve, 30_000);
  await read;
  clearTimeout(patience);
  await consumer.disconnect();
  return found;
}
