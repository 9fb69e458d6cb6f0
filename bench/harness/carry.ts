// Carries the log in a directory to Kafka and says how long it took. A program: the relay in a process of its own, which
// measures from within, from where the relay has begun until all of the log is published.
// Run: node carry.ts DIRECTORY BROKERS PREFIX PER_TRANSACTION
import { setTimeout as delay } from 'node:timers/promises';
import { createKafkaPublisher, declareTopics, ensureTopics, type LogPublisher } from '@tenure/event-bus/kafka';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { startRelay } from '@tenure/relay';

export interface Carried {
  readonly ms: number;
  readonly messages: number;
  /** Of the topic that they are on. */
  readonly topic: string;
}

const LOOK_EVERY_MS = 2;
const [directory = '', brokers = '', prefix = '', perTransaction = ''] = process.argv.slice(2);

const connection = { brokers: brokers.split(','), log: () => undefined };
const topics = declareTopics({ prefix });
await ensureTopics(connection, topics);
const store = await openSqliteEventStore({ directory });
const head = await store.head();
const publisher = createKafkaPublisher({ connection, topics, now: () => performance.now() });

let start = 0;
let messages = 0;
const counting: LogPublisher = {
  async begin() {
    const checkpoint = await publisher.begin();
    start = performance.now();
    return checkpoint;
  },
  async publish(events, checkpoint) {
    await publisher.publish(events, checkpoint);
    // What belongs to no customer goes to every partition.
    for (const { customerId } of events) messages += customerId === null ? topics.partitions : 1;
  },
  get isBehind() {
    return publisher.isBehind;
  },
  mark: () => publisher.mark(),
  close: () => publisher.close(),
};
const relay = startRelay({
  store,
  publisher: counting,
  pageSize: Number(perTransaction),
  log: (level, message, details) => console.error(level, message, details),
});
while (relay.position !== head) await delay(LOOK_EVERY_MS);
const ms = performance.now() - start;
await relay.stop();
await store.close();
process.stdout.write(`${JSON.stringify({ ms, messages, topic: topics.events } satisfies Carried)}\n`);
