import type { Checkpoint, EventStore, SealedEvent } from '@tenure/event-store';
import { hasKafka, type KafkaServer, startKafka } from '@tenure/testing/servers';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PublisherFencedError, TopicMismatchError } from './errors.ts';
import { type BusWorld, openBusWorld } from './fixtures/bus-world.ts';
import { append, customer, newEvent } from './fixtures/events.ts';
import { readTopic, type TopicMessage } from './fixtures/read-topic.ts';
import { decodeMessage, WATERMARK } from './message.ts';
import { partitionOf } from './partition-of.ts';
import type { LogPublisher } from './publisher.ts';
import { declareTopics, ensureTopics } from './topics.ts';

// A real server, on machines that do other things too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

describe.skipIf(!hasKafka())('Kafka publisher (skipped where there is no Kafka: set TENURE_KAFKA_URL)', () => {
  let server: KafkaServer;
  let world: BusWorld;
  const publishers: LogPublisher[] = [];
  const publisher = (): LogPublisher => {
    const one = world.publisher();
    publishers.push(one);
    return one;
  };
  beforeAll(async () => {
    server = await startKafka();
  });
  beforeEach(async () => {
    world = await openBusWorld(server);
  });
  afterEach(async () => {
    for (const one of publishers.splice(0)) await one.close();
    await world.close();
  });
  afterAll(async () => {
    await server?.stop();
  });

  /** A commit is answered before its markers are written; who begins waits for them. */
  const messagesOnTopic = async (): Promise<readonly TopicMessage[]> => {
    await publisher().begin();
    return readTopic(world.kafka, world.topics.events);
  };
  const onTopic = async (): Promise<readonly SealedEvent[]> =>
    (await messagesOnTopic()).flatMap(({ message }) => decodeMessage(message).event ?? []);

  it('publishes CloudEvents: attributes in headers, data as the value, personal data sealed', async () => {
    await append(world.store, [newEvent('ada', { data: { amount: 3 }, personal: { name: 'canary-Ada' } })]);
    const [event] = await world.store.readAllSealed({ limit: 1 });
    const one = publisher();
    expect(await one.begin()).toBeUndefined();
    await publishAll(world.store, one);

    const messages = await messagesOnTopic();
    const own = messages.find(({ message }) => String(message.headers?.ce_type) === 'PurchaseRecorded');
    const headers = Object.fromEntries(
      Object.entries(own?.message.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const { logId, epoch } = world.store.identity;
    expect(headers).toMatchObject({
      ce_specversion: '1.0',
      ce_id: event?.id,
      ce_source: `/tenure/logs/${logId}/${epoch}`,
      ce_type: 'PurchaseRecorded',
      ce_subject: customer('ada'),
      ce_time: new Date(event?.occurredAt ?? 0).toISOString(),
      ce_position: event?.position,
      'content-type': 'application/json',
    });
    expect(own?.message.key?.toString()).toBe(customer('ada'));
    expect(own?.partition).toBe(partitionOf(customer('ada'), world.topics.partitions));
    expect(JSON.parse(String(own?.message.value))).toEqual({ amount: 3 });
    expect(own === undefined ? undefined : decodeMessage(own.message).event).toEqual(event);
    for (const { message } of messages) expect(rawText(message)).not.toContain('canary-Ada');
    // The partitions that got no event know how far the log has come.
    const marks = messages.filter(({ message }) => String(message.headers?.ce_type) === WATERMARK);
    expect(marks.map(({ partition }) => partition).sort()).toEqual(
      [0, 1, 2].filter((partition) => partition !== own?.partition),
    );
    expect(marks.map(({ message }) => decodeMessage(message).checkpoint)).toEqual(
      marks.map(() => ({ logId, epoch, position: event?.position, eventId: event?.id })),
    );
  });

  it('I16: a publisher that another has followed can publish no more, and the other goes on where it came to', async () => {
    await append(world.store, [newEvent('a'), newEvent('b')]);
    const stale = publisher();
    await stale.begin();
    const first = await publishAll(world.store, stale);
    const next = publisher();
    expect(await next.begin()).toEqual(first);

    await append(world.store, [newEvent('a'), newEvent('c')]);
    await expect(publishAll(world.store, stale, first)).rejects.toThrow(PublisherFencedError);
    await publishAll(world.store, next, first);
    const log = await world.store.readAllSealed({ limit: 10 });
    expect([...(await onTopic())].sort((one, other) => (one.position < other.position ? -1 : 1))).toEqual(log);
  });

  it('I7: what a publisher left uncommitted is not on the topic for those who follow, and is published by the next', async () => {
    await append(world.store, [newEvent('a')]);
    const first = publisher();
    await first.begin();
    const checkpoint = await publishAll(world.store, first);
    await first.close();

    // A relay that crashes in the middle of its transaction.
    const crashed = new Kafka({ brokers: [...server.brokers], logLevel: logLevel.NOTHING }).producer({
      transactionalId: world.topics.relay,
      maxInFlightRequests: 1,
    });
    await crashed.connect();
    const transaction = await crashed.transaction();
    const message = { partition: 0, value: '{}', headers: { ce_id: 'never-committed' } };
    await transaction.send({ topic: world.topics.events, messages: [message] });
    await transaction.send({ topic: world.topics.relay, messages: [{ partition: 0, key: 'checkpoint', value: '{}' }] });

    await append(world.store, [newEvent('b')]);
    const next = publisher();
    expect(await next.begin()).toEqual(checkpoint);
    await publishAll(world.store, next, checkpoint);
    await expect(transaction.commit()).rejects.toThrow();
    await crashed.disconnect();
    const messages = await messagesOnTopic();
    expect(messages.map((one) => String(one.message.headers?.ce_id))).not.toContain('never-committed');
    expect(await onTopic()).toHaveLength(2);
  });

  it('publishes more at once than a batch of Kafka takes', async () => {
    const large = (): object => ({ text: 'x'.repeat(400 * 1024) });
    await append(
      world.store,
      Array.from({ length: 8 }, () => newEvent('a', { data: large() })),
    );
    const one = publisher();
    await one.begin();
    await publishAll(world.store, one);
    const published = await onTopic();
    expect(published).toHaveLength(8);
    // Not compared in full: what differs would be printed.
    expect(published.every(({ data }) => JSON.stringify(data) === JSON.stringify(large()))).toBe(true);
  });

  it('follows one transaction by the next without sleeping', async () => {
    const one = publisher();
    let checkpoint = await one.begin();
    const startedAt = performance.now();
    for (let number = 0; number < 20; number += 1) {
      await append(world.store, [newEvent(`c${number}`)]);
      checkpoint = await publishAll(world.store, one, checkpoint);
    }
    // With KafkaJS's own first pause it would be 6 s.
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('refuses a topic that has another number of partitions', async () => {
    const other = declareTopics({ prefix: world.topics.prefix, partitions: 5 });
    await expect(ensureTopics(world.connection, other)).rejects.toThrow(TopicMismatchError);
    await ensureTopics(world.connection, world.topics);
  });
});

/** Publishes what the store has after a checkpoint; returns where it came to. */
async function publishAll(store: EventStore, publisher: LogPublisher, from?: Checkpoint): Promise<Checkpoint> {
  const events = await store.readAllSealed({ ...(from === undefined ? {} : { after: from.position }), limit: 1_000 });
  const last = events.at(-1);
  if (last === undefined) throw new Error('nothing to publish');
  const checkpoint = { ...store.identity, position: last.position, eventId: last.id };
  await publisher.publish(events, checkpoint);
  return checkpoint;
}

function rawText({ key, value, headers }: { key: Buffer | null; value: Buffer | null; headers?: object }): string {
  const parts = [key, value, ...Object.values(headers ?? {})];
  return parts.map((part) => (Buffer.isBuffer(part) ? part.toString('latin1') : String(part))).join('\n');
}
