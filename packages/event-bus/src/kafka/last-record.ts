import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { disconnect } from './connection.ts';
import { persistently } from './persistently.ts';

/** Offsets from the end that are looked at first: markers and aborted records lie between the last ones. */
const WINDOWS: readonly bigint[] = [200n, 20_000n];
const READ_MS = 30_000;

/** The value of the last committed record of a topic with one partition; undefined if it has none. */
export async function readLastRecord(kafka: Kafka, topic: string): Promise<Buffer | undefined> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const [offsets] = await persistently(() => admin.fetchTopicOffsets(topic));
    const low = BigInt(offsets?.low ?? 0);
    const high = BigInt(offsets?.high ?? 0);
    for (const window of [...WINDOWS, high]) {
      const from = high - window > low ? high - window : low;
      if (from >= high) return undefined;
      // KafkaJS reads as a member of a group only.
      const groupId = `${topic}-reader-${randomBytes(6).toString('hex')}`;
      const found = await persistently(() => lastBetween(kafka, { topic, groupId, from, to: high }));
      // An empty group without offsets goes away by itself too.
      await admin.deleteGroups([groupId]).catch(() => undefined);
      if (found !== undefined || from === low) return found;
    }
    return undefined;
  } finally {
    await disconnect(admin);
  }
}

interface Range {
  readonly topic: string;
  readonly groupId: string;
  /** Inclusive. */
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
}

async function lastBetween(kafka: Kafka, { topic, groupId, from, to }: Range): Promise<Buffer | undefined> {
  const consumer = kafka.consumer({
    groupId,
    readUncommitted: false,
    maxWaitTimeInMs: 100,
    retry: { restartOnFailure: async () => false },
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let last: Buffer | undefined;
  consumer.on(consumer.events.GROUP_JOIN, () => consumer.seek({ topic, partition: 0, offset: String(from) }));
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  // Also of batches of which nothing is to be seen.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (BigInt(payload.lastOffset) >= to - 1n) resolve();
  });
  const timer = setTimeout(() => reject(new Error(`the end of ${topic} was not reached in ${READ_MS} ms`)), READ_MS);
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) last = value ?? last;
      },
    });
    await ended;
    return last;
  } finally {
    clearTimeout(timer);
    // Whoever got here by another error has that one.
    ended.catch(() => undefined);
    await disconnect(consumer);
  }
}
