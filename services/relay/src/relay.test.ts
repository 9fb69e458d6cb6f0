import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EventBus } from '@tenure/event-bus';
import {
  createKafkaEventBus,
  ensureTopics,
  type LogPublisher,
  partitionOf,
  type Topics,
} from '@tenure/event-bus/kafka';
import type { Checkpoint, EventStore } from '@tenure/event-store';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { hasKafka, type KafkaServer, startKafka } from '@tenure/testing/servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { appendEvents, publisherTo, readEvents, readLog, topicsOf } from './fixtures/bus-topics.ts';
import { type Relay, startRelay } from './relay.ts';

const patienceMs = 40_000;
// A real server, on machines that do other things too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 90_000 });

describe.skipIf(!hasKafka())('relay (skipped where there is no Kafka: set TENURE_KAFKA_URL)', () => {
  let server: KafkaServer;
  let directory: string;
  let topics: Topics;
  const ends: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    server = await startKafka();
  });
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tenure-relay-'));
    topics = topicsOf(server.prefix());
    await ensureTopics({ brokers: server.brokers, log: () => undefined }, topics);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    rmSync(directory, { recursive: true });
  });
  afterAll(async () => {
    await server?.stop();
  });

  const openStore = async (at = directory) => {
    const store = await openSqliteEventStore({ directory: at });
    ends.push(() => store.close());
    return store;
  };
  const start = (store: EventStore, publisher: LogPublisher = publisherTo(server.brokers, topics)): Relay => {
    const relay = startRelay({ store, publisher, log: () => undefined, pageSize: 25, retryMs: 20 });
    ends.push(() => relay.stop());
    return relay;
  };
  const atHead = async (relay: Relay, store: EventStore): Promise<void> => {
    await vi.waitFor(async () => expect(relay.position).toBe(await store.head()), { timeout: patienceMs });
  };
  /** The topic holds the log: each event once, in its key's partition, in order. */
  const expectTopicIsLog = async (store: EventStore): Promise<void> => {
    const log = await readLog(store);
    const published = await readEvents(server.brokers, topics, log.length);
    for (const partition of [0, 1, 2]) {
      expect(published.filter((one) => one.partition === partition).map(({ id }) => id)).toEqual(
        log.filter(({ customerId }) => partitionOf(customerId ?? '', 3) === partition).map(({ id }) => id),
      );
    }
  };

  it('carries what there is and what comes, and goes on where it came to', async () => {
    const store = await openStore();
    await appendEvents(store, 60);
    const first = start(store);
    await atHead(first, store);
    await appendEvents(store, 10);
    await atHead(first, store);
    await first.stop();
    await first.ended;
    await appendEvents(store, 30);
    await atHead(start(store), store);
    await expectTopicIsLog(store);
  });

  it('I7: relays that are killed between append and publish, and in their transactions, lose and repeat nothing', async () => {
    const program = fileURLToPath(new URL('fixtures/appending-relay.ts', import.meta.url));
    for (const pages of [1, 2, 5, 9]) {
      const child = spawn(process.execPath, [program, directory, topics.prefix, server.brokers.join()], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      try {
        for (let page = 0; page < pages; page++) await Promise.race([once(child.stdout, 'data'), exited]);
      } finally {
        child.kill('SIGKILL');
        await exited;
      }
      expect(child.signalCode).toBe('SIGKILL');
    }
    const store = await openStore();
    expect((await readLog(store)).length).toBeGreaterThan(100);
    await atHead(start(store), store);
    await expectTopicIsLog(store);
  });

  it('I16: ends when another relay has begun after it', async () => {
    const store = await openStore();
    await appendEvents(store, 10);
    const stale = start(store);
    await atHead(stale, store);
    const next = start(store);
    await atHead(next, store);
    await appendEvents(store, 10);
    await stale.ended;
    expect(stale.failure).toMatchObject({ code: 'publisher-fenced' });
    await atHead(next, store);
    expect(next.failure).toBeUndefined();
    await expectTopicIsLog(store);
  });

  it('ends when the bus holds another log, and publishes nothing', async () => {
    const store = await openStore();
    await appendEvents(store, 10);
    const relay = start(store);
    await atHead(relay, store);
    await relay.stop();
    const otherDirectory = mkdtempSync(join(tmpdir(), 'tenure-relay-'));
    ends.push(async () => rmSync(otherDirectory, { recursive: true }));
    const other = await openStore(otherDirectory);
    await appendEvents(other, 30);
    const confused = start(other);
    await confused.ended;
    expect(confused.failure).toMatchObject({ code: 'relay-checkpoint-unrecognised' });
    await expectTopicIsLog(store);
  });

  it('waits for a store that is away', async () => {
    const store = await openStore();
    await appendEvents(store, 50);
    let isAway = true;
    const flaky: EventStore = Object.create(store, {
      identity: { get: () => store.identity },
      readAllSealed: {
        value: (options: { after?: string; limit: number }) =>
          isAway ? Promise.reject(new Error('the store is away')) : store.readAllSealed(options),
      },
      subscribe: { value: (options: { signal: AbortSignal }) => store.subscribe(options) },
      head: { value: () => store.head() },
    });
    const relay = start(flaky);
    await vi.waitFor(() => expect(relay.failure?.message).toBe('the store is away'), { timeout: patienceMs });
    isAway = false;
    await atHead(relay, store);
    expect(relay.failure).toBeUndefined();
    await expectTopicIsLog(store);
  });

  it('reads no further than two pages ahead of a bus that is slow', async () => {
    const store = await openStore();
    await appendEvents(store, 300);
    let isRead = 0;
    const counted: EventStore = Object.create(store, {
      identity: { get: () => store.identity },
      readAllSealed: {
        value: async (options: { after?: string; limit: number }) => {
          const events = await store.readAllSealed(options);
          isRead += events.length;
          return events;
        },
      },
    });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    ends.push(async () => open());
    let isPublished = 0;
    const slow: LogPublisher = {
      begin: async () => undefined,
      publish: async (events) => {
        await gate;
        isPublished += events.length;
      },
      isBehind: false,
      mark: async () => undefined,
      close: async () => undefined,
    };
    start(counted, slow);
    await vi.waitFor(() => expect(isRead).toBe(50));
    // Whatever was asked for before this is answered before it.
    for (let look = 0; look < 20; look++) await store.readAllSealed({ limit: 1 });
    expect([isRead, isPublished]).toEqual([50, 0]);
    open();
    ends.pop();
  });

  it.skipIf(process.env.TENURE_KAFKA_URL !== undefined)(
    'Kafka is killed and comes back: relay and consumers go on, and nothing is lost',
    async () => {
      const store = await openStore();
      const relay = start(store);
      const ids = new Set<string>();
      const lastOf = new Map<string, string>();
      const disorder: string[] = [];
      const checkpoints = new Map<number, Checkpoint>();
      const bus: EventBus = createKafkaEventBus({
        connection: { brokers: server.brokers, log: () => undefined },
        topics,
        group: topics.prefix,
        store,
        keys: { findMany: async () => new Map() },
        parkingLot: { list: async () => [], park: async () => undefined, release: async () => undefined },
        now: () => 0,
        sessionTimeoutMs: 6_000,
      });
      ends.push(() => bus.close());
      const subscription = await bus.subscribe({
        name: 'following',
        checkpoint: async (partition) => checkpoints.get(partition),
        handle: async ({ partition, events, checkpoint }) => {
          for (const { id, position, customerId } of events) {
            const key = customerId ?? '';
            if (position < (lastOf.get(key) ?? '')) disorder.push(id);
            lastOf.set(key, position);
            ids.add(id);
          }
          checkpoints.set(partition, checkpoint);
        },
      });
      await appendEvents(store, 100);
      await subscription.reached((await store.head()) ?? '', AbortSignal.timeout(patienceMs));
      const appending = (async () => {
        for (let round = 0; round < 40; round += 1) await appendEvents(store, 20);
      })();
      await server.kill();
      await appending;
      await vi.waitFor(() => expect(relay.failure).toBeDefined(), { timeout: patienceMs });
      await server.start();
      await atHead(relay, store);
      await subscription.reached((await store.head()) ?? '', AbortSignal.timeout(60_000));
      expect(ids.size).toBe(900);
      expect(disorder).toEqual([]);
      await expectTopicIsLog(store);
    },
  );
});
