// What Kafka itself takes: the messages of one topic, read beforehand and as they are, sent to another of the same shape
// in the order of the log, so many a transaction, acks -1; nothing is read, encoded, sealed or remembered meanwhile.
// Run: node kafka-transactions.ts BROKERS FROM TO MESSAGES PER_TRANSACTION
import { randomBytes } from 'node:crypto';
import { Kafka, logLevel, type Message } from 'kafkajs';

const [brokers = '', from = '', to = '', count = '', perTransaction = ''] = process.argv.slice(2);
const id = randomBytes(6).toString('hex');
// A transaction that follows at once meets CONCURRENT_TRANSACTIONS, which KafkaJS sleeps over for the first of these.
const retry = { initialRetryTime: 5, factor: 0, multiplier: 2, maxRetryTime: 1_000, retries: 12 };
const kafka = new Kafka({ clientId: `raw-${id}`, brokers: brokers.split(','), retry, logLevel: logLevel.NOTHING });

const messages: (Message & { readonly position: string })[] = [];
const consumer = kafka.consumer({ groupId: `raw-${id}`, readUncommitted: false, maxWaitTimeInMs: 100 });
await consumer.connect();
await consumer.subscribe({ topic: from, fromBeginning: true });
const { promise: complete, resolve } = Promise.withResolvers<void>();
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch: { partition, messages: read } }) => {
    for (const { key, value, headers = {} } of read) {
      if (String(headers.ce_type) === 'tenure.watermark') continue;
      messages.push({ partition, key, value, headers, position: String(headers.ce_position) });
    }
    if (messages.length >= Number(count)) resolve();
  },
});
await complete;
await consumer.disconnect();
messages.sort((left, right) => (left.position < right.position ? -1 : 1));

const producer = kafka.producer({
  transactionalId: `raw-${id}`,
  maxInFlightRequests: 1,
  retry,
  allowAutoTopicCreation: false,
  createPartitioner:
    () =>
    ({ message }) =>
      message.partition ?? 0,
});
await producer.connect();
await (await producer.transaction()).abort();

const start = performance.now();
for (let first = 0; first < messages.length; first += Number(perTransaction)) {
  const transaction = await producer.transaction();
  await transaction.send({ topic: to, acks: -1, messages: messages.slice(first, first + Number(perTransaction)) });
  await transaction.commit();
}
const perSecond = messages.length / ((performance.now() - start) / 1_000);
await producer.disconnect();
process.stdout.write(`${JSON.stringify({ perSecond })}\n`);
