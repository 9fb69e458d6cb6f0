import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { hasKafka, type KafkaServer, startKafka } from '@tenure/testing/servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventBus } from '../port.ts';
import { type BusWorld, openBusWorld } from './fixtures/bus-world.ts';
import { carry } from './fixtures/carry.ts';
import { append, customer, newEvent } from './fixtures/events.ts';
import { GuardedViews, parkingRows } from './fixtures/guarded-views.ts';
import { readTopic } from './fixtures/read-topic.ts';
import type { KafkaEventBusOptions } from './kafka-event-bus.ts';
import { decodeMessage } from './message.ts';
import { partitionOf } from './partition-of.ts';

const patienceMs = 40_000;
// A real server, on machines that do other things too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];
const soon = (): AbortSignal => AbortSignal.timeout(patienceMs);

describe.skipIf(!hasKafka())('Kafka event bus (skipped where there is no Kafka: set TENURE_KAFKA_URL)', () => {
  let server: KafkaServer;
  let world: BusWorld;
  let relay: ReturnType<typeof carry>;
  let rows = parkingRows();
  const buses: EventBus[] = [];
  /** Lets go of what a test that failed still held up. */
  const releases: (() => void)[] = [];
  const openBus = (options: Partial<KafkaEventBusOptions> = {}): EventBus => {
    const bus = world.openBus(rows, options);
    buses.push(bus);
    return bus;
  };
  /** The name of a customer whose partition this is. */
  const nameIn = (partition: number): string => {
    const name = names.find((one) => partitionOf(customer(one), world.topics.partitions) === partition);
    if (name === undefined) throw new Error(`no name is in partition ${partition}`);
    return name;
  };
  beforeAll(async () => {
    server = await startKafka();
  });
  beforeEach(async () => {
    world = await openBusWorld(server);
    relay = carry(world.store, world.publisher());
    rows = parkingRows();
  });
  afterEach(async () => {
    for (const release of releases.splice(0)) release();
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await relay.stop();
    await world.close();
  });
  afterAll(async () => {
    await server?.stop();
  });

  /** Every event was applied once, each key's in log order. */
  const expectWhole = async (views: GuardedViews): Promise<void> => {
    const log = await world.store.readAll({ limit: 100_000 });
    expect(views.count).toBe(log.length);
    for (const [key, events] of views.applied) {
      expect(events.map(({ id }) => id)).toEqual(log.filter((one) => one.customerId === key).map(({ id }) => id));
    }
  };

  it('two processes share the work, while one joins and leaves: nothing is lost, and each key stays in order', async () => {
    const views = new GuardedViews();
    let reassigned = 0;
    const first = openBus({ pageSize: 50 });
    const watched = await first.subscribe(
      views.consumer('shared', {
        handleMs: 3,
        onReassigned: () => {
          reassigned += 1;
        },
      }),
    );
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) {
        await append(
          world.store,
          names.map((name) => newEvent(name)),
        );
        await delay(5);
      }
    })();
    for (let round = 0; round < 2; round += 1) {
      const second = openBus({ pageSize: 50 });
      const guest = await second.subscribe(views.consumer('shared', { handleMs: 3 }));
      const isShared = (): boolean => {
        const here = names.filter((name) => first.follows(customer(name)));
        const there = names.filter((name) => second.follows(customer(name)));
        return here.length > 0 && there.length > 0 && here.length + there.length === names.length;
      };
      await vi.waitFor(() => expect(isShared()).toBe(true), { timeout: patienceMs });
      const head = (await world.store.head()) ?? '';
      // Each knows how far the other has come.
      await Promise.all([watched.reached(head, soon()), guest.reached(head, soon())]);
      await second.close();
      await vi.waitFor(() => expect(names.every((name) => first.follows(customer(name)))).toBe(true), {
        timeout: patienceMs,
      });
    }
    isWriting = false;
    await writing;
    await watched.reached((await world.store.head()) ?? '', soon());
    await expectWhole(views);
    // Each round gave partitions away and took them back.
    expect(reassigned).toBeGreaterThanOrEqual(4);
  });

  it('a process that shares all its consumers’ work follows the same keys in each', async () => {
    const buses = [openBus(), openBus()];
    const views = new GuardedViews();
    for (const bus of buses) for (const name of ['one', 'two', 'three']) await bus.subscribe(views.consumer(name));
    await vi.waitFor(
      () => {
        for (const name of names) expect(buses.filter((bus) => bus.follows(customer(name)))).toHaveLength(1);
      },
      { timeout: patienceMs },
    );
  });

  it('knows and stores how far it is in partitions that got no event', async () => {
    const views = new GuardedViews();
    const subscription = await openBus().subscribe(views.consumer('idle'));
    const head = await append(world.store, [newEvent('a'), newEvent('a')]);
    await subscription.reached(head, soon());
    await vi.waitFor(
      () =>
        expect([0, 1, 2].map((partition) => views.checkpoints.get(partition)?.position)).toEqual([head, head, head]),
      { timeout: patienceMs },
    );
    for (const checkpoint of views.checkpoints.values()) expect(await world.store.recognises(checkpoint)).toBe(true);
  });

  it('reads from the store what the topic does not hold any more, also when nothing comes after it', async () => {
    const every = () => names.map((name) => newEvent(name));
    const old = new GuardedViews();
    const bus = openBus();
    const before = await append(world.store, every());
    await (await bus.subscribe(old.consumer('old'))).reached(before, soon());
    await bus.close();
    const head = await append(world.store, every());
    await vi.waitFor(async () => expect(await published()).toBe(2 * names.length), { timeout: patienceMs });
    const ends = await world.admin.fetchTopicOffsets(world.topics.events);
    await world.admin.deleteTopicRecords({
      topic: world.topics.events,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });

    const fresh = new GuardedViews();
    const next = openBus({ idleMs: 200 });
    await (await next.subscribe(fresh.consumer('fresh'))).reached(head, soon());
    await (await next.subscribe(old.consumer('old'))).reached(head, soon());
    await expectWhole(fresh);
    await expectWhole(old);
  });

  it('reads from the store what lies between its checkpoint and what the topic goes on with', async () => {
    await append(
      world.store,
      names.map((name) => newEvent(name)),
    );
    await vi.waitFor(async () => expect(await published()).toBe(names.length), { timeout: patienceMs });
    const ends = await world.admin.fetchTopicOffsets(world.topics.events);
    await world.admin.deleteTopicRecords({
      topic: world.topics.events,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
    const head = await append(
      world.store,
      names.map((name) => newEvent(name)),
    );
    const views = new GuardedViews();
    await (await openBus().subscribe(views.consumer('late'))).reached(head, soon());
    await expectWhole(views);
  });

  it('goes on from what the consumer has stored where the group’s offset is further', async () => {
    const views = new GuardedViews();
    const bus = openBus();
    const head = await append(
      world.store,
      names.map((name) => newEvent(name)),
    );
    await (await bus.subscribe(views.consumer('restored'))).reached(head, soon());
    await bus.close();
    // A read store that was restored from before.
    views.applied.clear();
    views.checkpoints.clear();
    await (await openBus().subscribe(views.consumer('restored'))).reached(head, soon());
    await expectWhole(views);
  });

  it('I14: a consumer that is slow costs bounded memory, and its process is not thrown out of the group', async () => {
    const [slow, quick] = [nameIn(0), nameIn(1)];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    releases.push(open);
    const views = new GuardedViews();
    const inner = views.consumer('slow');
    let calls = 0;
    // Nothing of it is to be dropped and then looked up.
    const readAllSealed = world.store.readAllSealed.bind(world.store);
    let lookedUp = 0;
    world.store.readAllSealed = (options) => {
      if (options.limit === 100) lookedUp += 1;
      return readAllSealed(options);
    };
    /** A member that is silent for longer is thrown out. */
    const sessionTimeoutMs = 4_000;
    const bus = openBus({ pageSize: 100, sessionTimeoutMs });
    const subscription = await bus.subscribe({
      ...inner,
      handle: async (delivery) => {
        if (delivery.events.some(({ customerId }) => customerId === customer(slow))) {
          calls += 1;
          if (calls === 1) await gate;
        }
        await inner.handle(delivery);
      },
    });
    const text = 'x'.repeat(10_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const bytes = (): number => {
      collect();
      return process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    };
    await append(world.store, [newEvent(quick)]);
    await vi.waitFor(() => expect(views.of(customer(quick))).toHaveLength(1), { timeout: patienceMs });
    const before = bytes();
    for (let number = 0; number < 20; number += 1) {
      await append(
        world.store,
        Array.from({ length: 100 }, () => newEvent(slow, { data: { text } })),
      );
    }
    const onTopic = async (): Promise<number> =>
      Number((await world.admin.fetchTopicOffsets(world.topics.events)).find(({ partition }) => partition === 0)?.high);
    await vi.waitFor(async () => expect(await onTopic()).toBeGreaterThanOrEqual(2_000), { timeout: patienceMs });
    // Kafka's clock cannot be moved.
    await delay(sessionTimeoutMs * 1.25);
    // Of 20 MB, of which one batch is in hand.
    await vi.waitFor(() => expect(bytes() - before).toBeLessThan(8_000_000), { timeout: patienceMs });
    expect(calls).toBe(1);
    expect(bus.follows(customer(slow))).toBe(true);
    open();
    await subscription.reached((await world.store.head()) ?? '', soon());
    await expectWhole(views);
    expect(views.guardsBroken).toEqual([]);
    expect(lookedUp).toBe(0);
  });

  it('I12: copies the event at which a key is parked to the dead letters, without plaintext on any topic', async () => {
    const views = new GuardedViews();
    const bus = openBus();
    await append(world.store, [newEvent('a', { personal: { name: 'canary-Ada' } })]);
    const [poisoned] = await world.store.readAllSealed({ limit: 1 });
    views.poison = poisoned?.position;
    const head = await append(world.store, [newEvent('a'), newEvent('b', { personal: { name: 'canary-Bob' } })]);
    const subscription = await bus.subscribe(views.consumer('parking'));
    await subscription.reached(head, soon());
    const [park] = await rows.list();
    expect(park).toMatchObject({ key: customer('a'), eventId: poisoned?.id });
    const letters = await readTopic(world.kafka, world.topics.deadLetters);
    expect(letters.map(({ message }) => decodeMessage(message).event)).toEqual([poisoned]);
    expect(String(letters[0]?.message.headers?.ce_park)).toBe(park?.id);
    expect(views.of(customer('b'))[0]?.personal).toEqual({ name: 'canary-Bob' });
    for (const { topic } of world.topics.declared) {
      for (const { message } of await readTopic(world.kafka, topic)) {
        const parts = [message.value, message.key, ...Object.values(message.headers ?? {})];
        for (const part of parts) expect(String(part)).not.toContain('canary');
      }
    }
  });

  it.each(['replay', 'drop'] as const)('does a %s that is asked of a process that has not the key', async (request) => {
    const views = new GuardedViews();
    const buses = [openBus(), openBus()];
    const subscriptions = [];
    for (const bus of buses) subscriptions.push(await bus.subscribe(views.consumer('parking')));
    const position = await append(world.store, [newEvent('a')]);
    views.poison = position;
    const head = await append(world.store, [newEvent('a'), newEvent('b')]);
    await Promise.all(subscriptions.map((subscription) => subscription.reached(head, soon())));
    await vi.waitFor(() => expect(buses.filter((bus) => bus.follows(customer('a')))).toHaveLength(1), {
      timeout: patienceMs,
    });
    const other = subscriptions[buses.findIndex((bus) => !bus.follows(customer('a')))];
    const [park] = await rows.list();
    if (request === 'replay') {
      expect(await other?.replay(park?.id ?? '')).toBe('parked-again');
      expect(await rows.list()).toHaveLength(1);
      views.poison = undefined;
    }
    expect(await other?.[request](park?.id ?? '')).toBe('released');
    expect(await rows.list()).toEqual([]);
    expect(views.of(customer('a'))).toHaveLength(request === 'replay' ? 2 : 1);
    const later = await append(world.store, [newEvent('a')]);
    await other?.reached(later, soon());
    expect(views.of(customer('a')).at(-1)?.position).toBe(later);
  });

  it('says so when the store does not know where a consumer stands', async () => {
    const views = new GuardedViews();
    await append(world.store, [newEvent('a')]);
    const position = (await world.store.head()) ?? '';
    views.checkpoints.set(0, { ...world.store.identity, epoch: 99, position, eventId: customer('x') });
    const subscription = await openBus().subscribe(views.consumer('elsewhere'));
    await vi.waitFor(() => expect(subscription.failure).toMatchObject({ code: 'unknown-checkpoint' }), {
      timeout: patienceMs,
    });
    expect(views.count).toBe(0);
  });

  const published = async (): Promise<number> => {
    const messages = await readTopic(world.kafka, world.topics.events);
    return messages.filter(({ message }) => decodeMessage(message).event !== undefined).length;
  };
});
