import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hasKafka, type KafkaServer, startKafka } from '@tenure/testing/servers';
import { type Admin, CompressionTypes, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KafkaConnection } from './connection.ts';
import { readTopic } from './fixtures/read-topic.ts';
import {
  createKafkaInbox,
  type InboxMessage,
  type InboxVerdict,
  type KafkaInbox,
  type KafkaInboxOptions,
} from './inbox.ts';
import { rejectedCopy } from './rejected-facts.ts';
import { declareTopics, ensureTopics, type Topics } from './topics.ts';

const patienceMs = 40_000;
// A real server, on machines that do other things too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const textOf = ({ value }: Pick<InboxMessage, 'value'>): string => Buffer.from(value ?? '').toString();
const taken = (messages: readonly InboxMessage[]): readonly InboxVerdict[] =>
  messages.map(() => ({ outcome: 'taken' }));
const texts = (count: number, prefix = 'm'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe.skipIf(!hasKafka())('Kafka inbox (skipped where there is no Kafka: set TENURE_KAFKA_URL)', () => {
  let server: KafkaServer;
  let topics: Topics;
  let connection: KafkaConnection;
  let kafka: Kafka;
  let admin: Admin;
  let producer: Producer;
  const ends: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    server = await startKafka();
  });
  beforeEach(async () => {
    topics = declareTopics({ prefix: server.prefix(), factPartitions: 3 });
    connection = { brokers: server.brokers, log: () => undefined };
    await ensureTopics(connection, topics);
    kafka = new Kafka({ brokers: [...server.brokers], logLevel: logLevel.NOTHING, retry: { retries: 20 } });
    admin = kafka.admin();
    producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
    await Promise.all([admin.connect(), producer.connect()]);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await admin.deleteTopics({ topics: topics.declared.map(({ topic }) => topic) }).catch((error: unknown) => {
      // KafkaJS asks again where the answer is late, and then they are gone.
      if (!String(error).includes('does not host')) throw error;
    });
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  });
  afterAll(async () => {
    await server?.stop();
  });

  const open = async (
    handle: KafkaInboxOptions['handle'],
    options: Partial<KafkaInboxOptions> = {},
  ): Promise<KafkaInbox> => {
    const inbox = createKafkaInbox({
      connection,
      topics,
      group: `${topics.prefix}.test`,
      retryMs: 5,
      sessionTimeoutMs: 6_000,
      handle,
      ...options,
    });
    ends.push(() => inbox.stop());
    await inbox.start();
    return inbox;
  };
  /** Of one partition unless they say otherwise. */
  const publish = (messages: readonly (string | Message)[], compression = CompressionTypes.None): Promise<unknown> =>
    producer.send({
      topic: topics.facts,
      acks: -1,
      compression,
      messages: messages.map((one) => (typeof one === 'string' ? { partition: 0, value: one } : one)),
    });
  const committed = async (partition = 0, group = `${topics.prefix}.test`): Promise<string | undefined> => {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topics.facts] });
    return offsets?.partitions.find((one) => one.partition === partition)?.offset;
  };
  const eventually = (expectation: () => void | Promise<void>, timeout = patienceMs): Promise<void> =>
    vi.waitFor(expectation, { timeout, interval: 20 });

  it('hands each message to each group, a member of a group goes on where another came to', async () => {
    const first: string[] = [];
    const second: string[] = [];
    const other: string[] = [];
    await publish(texts(120, 'a'));
    const inbox = await open(
      async (messages) => {
        expect(messages.length).toBeLessThanOrEqual(50);
        first.push(...messages.map(textOf));
        return taken(messages);
      },
      { batchSize: 50 },
    );
    await eventually(() => expect(first).toEqual(texts(120, 'a')));
    await eventually(async () => expect(await committed()).toBe('120'));
    await inbox.stop();
    await publish(texts(5, 'b'));
    await open(async (messages) => {
      second.push(...messages.map(textOf));
      return taken(messages);
    });
    await open(
      async (messages) => {
        other.push(...messages.map(textOf));
        return messages.map(() => ({ outcome: 'not-ours' }));
      },
      { group: `${topics.prefix}.other` },
    );
    await eventually(() => expect(second).toEqual(texts(5, 'b')));
    await eventually(() => expect(other).toEqual([...texts(120, 'a'), ...texts(5, 'b')]));
    expect(await readTopic(kafka, topics.rejectedFacts)).toEqual([]);
  });

  it('keeps what is rejected: the bytes, key and headers as they came, and why and where from', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x7b, 0xfe]);
    await publish([
      { partition: 0, value: 'good' },
      {
        partition: 0,
        key: Buffer.from([1, 2]),
        value: bytes,
        headers: { ce_type: 'x', twice: ['1', '2'], raw: Buffer.from([0xfe]) },
      },
      { partition: 2, value: null },
    ]);
    const reason = JSON.stringify({ type: 'urn:tenure:problem:invalid', detail: '非' });
    await open(async (messages) =>
      messages.map((message) => (textOf(message) === 'good' ? { outcome: 'taken' } : { outcome: 'rejected', reason })),
    );
    await eventually(async () => {
      expect(await committed(0)).toBe('2');
      expect(await committed(2)).toBe('1');
    });
    const copies = new Map(
      (await readTopic(kafka, topics.rejectedFacts)).map(({ message }) => [
        `${message.headers?.['tenure-source-partition']}/${message.headers?.['tenure-source-offset']}`,
        message,
      ]),
    );
    expect([...copies.keys()].sort()).toEqual(['0/1', '2/0']);
    const copy = copies.get('0/1');
    expect(copy?.value).toEqual(bytes);
    expect(copy?.key).toEqual(Buffer.from([1, 2]));
    expect(copy?.headers).toEqual({
      ce_type: Buffer.from('x'),
      twice: [Buffer.from('1'), Buffer.from('2')],
      raw: Buffer.from([0xfe]),
      'tenure-reason': Buffer.from(reason),
      'tenure-source-topic': Buffer.from(topics.facts),
      'tenure-source-partition': Buffer.from('0'),
      'tenure-source-offset': Buffer.from('1'),
    });
    expect(copies.get('2/0')?.value).toBeNull();
  });

  it('keeps many large ones that are rejected together, and the largest that may come', async () => {
    const large = Buffer.alloc(700_000, 'x');
    const largest = Buffer.alloc(2 * 1024 * 1024 - 1_000, 'y');
    for (const value of [large, large, largest, large]) await publish([{ partition: 1, value }]);
    const reason = 'r'.repeat(4_000);
    await open(async (messages) => messages.map(() => ({ outcome: 'rejected', reason })));
    await eventually(async () => expect(await committed(1)).toBe('4'));
    const copies = await readTopic(kafka, topics.rejectedFacts);
    expect(copies.map(({ message }) => message.value?.length)).toEqual(
      [large, large, largest, large].map((b) => b.length),
    );
    expect(copies[2]?.message.value?.equals(largest)).toBe(true);
  });

  it('commits nothing before the copy of what is rejected is safe', async () => {
    await publish(['bad', 'good']);
    const missing = { ...topics, rejectedFacts: `${topics.prefix}.nowhere`, declared: [] };
    let handled = 0;
    const inbox = await open(
      async (messages) => {
        handled += 1;
        return messages.map((message) =>
          textOf(message) === 'bad' ? { outcome: 'rejected', reason: '{}' } : { outcome: 'taken' },
        );
      },
      { topics: missing },
    );
    await eventually(() => expect(inbox.failure).toBeDefined());
    await eventually(() => expect(handled).toBeGreaterThan(1));
    expect(await committed()).toBe('-1');
  });

  it('hands the same again after a failure, for longer than a session lasts, while other partitions go on', async () => {
    let isAway = true;
    const attempts: number[] = [];
    const seen: string[] = [];
    const elsewhere: string[] = [];
    const inbox = await open(
      async (messages, attempt) => {
        if (messages[0]?.partition !== 0) {
          elsewhere.push(...messages.map(textOf));
          return taken(messages);
        }
        attempts.push(attempt);
        if (isAway) throw new Error('the store is away');
        seen.push(...messages.map(textOf));
        return taken(messages);
      },
      { batchSize: 2 },
    );
    await publish(texts(5));
    await eventually(() => expect(inbox.failure?.message).toBe('the store is away'));
    const until = performance.now() + 8_000;
    let round = 0;
    while (performance.now() < until) {
      await publish([{ partition: 1, value: `e${round}` }]);
      round += 1;
      await eventually(() => expect(elsewhere).toHaveLength(round), 5_000);
    }
    expect(elsewhere).toEqual(texts(round, 'e'));
    expect(inbox.failure?.message).toBe('the store is away');
    expect(await committed(0)).toBe('-1');
    isAway = false;
    await eventually(() => expect(seen).toEqual(texts(5)));
    await eventually(async () => expect(await committed(0)).toBe('5'));
    expect(inbox.failure).toBeUndefined();
    // One after another: neither the group was formed anew meanwhile, nor anything begun twice.
    const tried = attempts.length - 2;
    expect(attempts).toEqual([...Array.from({ length: tried }, (_, index) => index + 1), 1, 1]);
    expect(await readTopic(kafka, topics.rejectedFacts)).toEqual([]);
  });

  it('finishes what is under way when it is stopped, and begins nothing more', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: gate, resolve: letGo } = Promise.withResolvers<void>();
    const handled: string[] = [];
    await publish(texts(6));
    const inbox = await open(
      async (messages) => {
        begin();
        await gate;
        handled.push(...messages.map(textOf));
        return messages.map(() => ({ outcome: 'rejected', reason: '{}' }));
      },
      { batchSize: 4 },
    );
    await begun;
    const stopped = inbox.stop();
    letGo();
    await stopped;
    expect(handled).toEqual(texts(4));
    expect(await committed()).toBe('4');
    expect(await readTopic(kafka, topics.rejectedFacts)).toHaveLength(4);
  });

  it('ends while it cannot go on', async () => {
    await publish(['never']);
    const inbox = await open(async () => {
      throw new Error('the store is away');
    });
    await eventually(() => expect(inbox.failure?.message).toBe('the store is away'));
    await inbox.stop();
    expect(await committed()).toBe('-1');
  });

  it('members that come and go lose nothing', async () => {
    const seen = new Set<string>();
    const slow: KafkaInboxOptions['handle'] = async (messages) => {
      await delay(20);
      for (const message of messages) seen.add(textOf(message));
      return taken(messages);
    };
    await open(slow, { batchSize: 5 });
    let isPublishing = true;
    let count = 0;
    const publishing = (async () => {
      while (isPublishing) {
        await publish(
          texts(30).map(() => {
            count += 1;
            return { partition: count % 3, value: `p${count}` };
          }),
        );
        await delay(20);
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      let isAtWork = false;
      const guest = await open(
        (messages, attempt) => {
          isAtWork = true;
          return slow(messages, attempt);
        },
        { batchSize: 5 },
      );
      await eventually(() => expect(isAtWork).toBe(true));
      await guest.stop();
    }
    isPublishing = false;
    await publishing;
    await eventually(() => expect(seen.size).toBe(count));
  });

  it('a process that is killed between handling and committing: another handles it again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tenure-inbox-'));
    ends.push(async () => rmSync(directory, { recursive: true }));
    const file = join(directory, 'handled');
    await publish(texts(20));
    const program = fileURLToPath(new URL('fixtures/killed-inbox.ts', import.meta.url));
    const child = spawn(process.execPath, [program, topics.prefix, server.brokers.join(), file], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    ends.push(async () => child.kill('SIGKILL'));
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    const before = readFileSync(file, 'utf8').trim().split('\n');
    expect(before).toEqual(texts(20));
    const after: string[] = [];
    await open(
      async (messages) => {
        after.push(...messages.map(textOf));
        return taken(messages);
      },
      { group: topics.prefix },
    );
    await eventually(() => expect(after).toEqual(texts(20)));
  });

  it('takes what a publisher has compressed', async () => {
    const seen: string[] = [];
    await open(async (messages) => {
      seen.push(...messages.map(textOf));
      return taken(messages);
    });
    await publish(texts(300), CompressionTypes.GZIP);
    await eventually(() => expect(seen).toEqual(texts(300)));
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topics.facts, configNames: ['compression.type'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('uncompressed');
  });

  it('takes partitions that were added', async () => {
    await admin.createPartitions({ topicPartitions: [{ topic: topics.facts, count: 5 }] });
    const seen: string[] = [];
    await eventually(async () => expect(await admin.fetchTopicOffsets(topics.facts)).toHaveLength(5));
    await eventually(() => publish([{ partition: 4, value: 'in the fifth' }]).then(() => undefined));
    await open(async (messages) => {
      seen.push(...messages.map(textOf));
      return taken(messages);
    });
    await eventually(() => expect(seen).toContain('in the fifth'));
  });

  it.skipIf(process.env.TENURE_KAFKA_URL !== undefined)('Kafka is killed and comes back: nothing is lost', async () => {
    const seen = new Set<string>();
    const inbox = await open(async (messages) => {
      for (const message of messages) seen.add(textOf(message));
      return messages.map((message) =>
        textOf(message).startsWith('bad') ? { outcome: 'rejected', reason: '{}' } : { outcome: 'taken' },
      );
    });
    await publish([...texts(50), 'bad1']);
    await eventually(() => expect(seen.size).toBe(51));
    await server.kill();
    await eventually(() => expect(inbox.failure).toBeDefined());
    await server.start();
    await eventually(() => publish([...texts(50, 'n'), 'bad2']).then(() => undefined));
    await eventually(() => expect(seen.size).toBe(102), 60_000);
    await eventually(async () => expect(Number(await committed())).toBeGreaterThanOrEqual(102));
    const copies = (await readTopic(kafka, topics.rejectedFacts)).map(({ message }) => message.value?.toString());
    expect(new Set(copies)).toEqual(new Set(['bad1', 'bad2']));
    expect(inbox.failure).toBeUndefined();
  });
});

it('a header without a value, which KafkaJS cannot write, is written empty', () => {
  const headers = JSON.parse('{"none":null,"some":["a",null]}');
  const message = { key: null, value: null, timestamp: '0', attributes: 0, offset: '7', headers };
  expect(rejectedCopy({ topic: 't', partition: 1, message, reason: '{}' }).headers).toEqual({
    none: '',
    some: ['a', ''],
    'tenure-reason': '{}',
    'tenure-source-topic': 't',
    'tenure-source-partition': '1',
    'tenure-source-offset': '7',
  });
});
