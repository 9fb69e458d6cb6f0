import { startFaultProxy } from '@tenure/testing/fault-proxy';
import { type Document, MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { appendOne, hex, idsOf, newEvent, positionOf, streamName, unit } from '../contract/harness.ts';
import type { EventStore, NewEvent, StoredEvent } from '../port.ts';
import { eachTestItsServers, hasServers, LogOnServers, PATIENCE_MS, titled } from './fixtures/servers.ts';
import {
  type CustomerIndex,
  type CustomerIndexFault,
  checkCustomerIndex,
  openMongoCustomerIndex,
  raiseEventStoreDBEpoch,
  rebuildCustomerIndex,
} from './index.ts';

const jane = hex(1);

const ofJane = (name: string, overrides: Partial<NewEvent> = {}): NewEvent =>
  newEvent(name, { customerId: jane, personal: { name }, ...overrides });

/** As the index should answer, read from the log alone. */
const fromLog = async (store: EventStore, customerId = jane): Promise<StoredEvent[]> =>
  (await store.readAll({ limit: 1_000_000 })).filter((event) => event.customerId === customerId);

const upToDate = async (store: EventStore, index: CustomerIndex): Promise<void> => {
  const head = await store.head();
  await expect.poll(async () => (await index.state())?.checkpoint.position, { timeout: 15_000 }).toBe(head);
};

describe.skipIf(!hasServers)(titled('the index of events by customer on MongoDB'), { timeout: PATIENCE_MS }, () => {
  const test = eachTestItsServers();

  const append = async (store: EventStore, from: number, count: number): Promise<string[]> => {
    const units = Array.from({ length: count }, (_, n) =>
      unit(streamName(from + n), 'absent', ofJane(`${from + n}`, n % 3 === 2 ? { customerId: hex(2) } : {})),
    );
    return (await store.append(units)).map(positionOf);
  };

  /** Changes what an index has, behind its back. */
  const tamper = async (change: (events: ReturnType<typeof collection>) => Promise<unknown>): Promise<void> => {
    const client = new MongoClient(test.log.mongo.url);
    try {
      const db = client.db(test.log.database);
      const [name] = (await db.listCollections().toArray())
        .map((one) => one.name)
        .filter((one) => one.includes('_events_'));
      await change(collection(client, test.log.database, name ?? ''));
    } finally {
      await client.close();
    }
  };
  const collection = (client: MongoClient, database: string, name: string) =>
    client.db(database).collection<Document & { _id: string }>(name);

  /** A store that reads the index and does not maintain it, with what it reports. */
  const reader = async (index: CustomerIndex): Promise<{ store: EventStore; faults: CustomerIndexFault[] }> => {
    const faults: CustomerIndexFault[] = [];
    const store = await test.log.store({ index, maintainsIndex: false, onIndexFault: (fault) => faults.push(fault) });
    return { store, faults };
  };

  it('has all that the log has, and no more', async () => {
    const index = await test.log.index();
    const store = await test.log.store({ index });
    await append(store, 0, 1_200);
    await appendOne(store, streamName(9_000), 'absent', newEvent('nobody'));
    await upToDate(store, index);
    expect(await checkCustomerIndex({ store, index })).toEqual({ checked: 1_201 });
    expect(await store.readCustomer(jane)).toEqual(await fromLog(store));
  });

  it('I9: is found again where its server was away for the first call', async () => {
    const url = new URL(test.log.mongo.url);
    await using proxy = await startFaultProxy({ target: { host: url.hostname, port: Number(url.port) } });
    const away = test.log.mongo.url.replace(url.port, String(proxy.port));
    const index = await openMongoCustomerIndex({ url: away, database: test.log.database, timeoutMs: 300 });
    try {
      proxy.refuse();
      proxy.cut();
      await expect(index.state()).rejects.toThrow();
      await proxy.heal();
      await expect.poll(() => index.state().catch(() => 'away'), { timeout: 30_000 }).not.toBe('away');
    } finally {
      await index.close();
    }
  });

  it('is read alone when it has come as far as the log', async () => {
    const index = await test.log.index();
    const store = await test.log.store({ index });
    await append(store, 0, 30);
    await upToDate(store, index);
    await store.close();
    // What only the index has, is answered from it.
    await tamper((events) => events.updateMany({ customerId: jane }, { $set: { occurredAt: 1 } }));
    const { store: other } = await reader(index);
    expect(new Set((await other.readCustomer(jane)).map(({ occurredAt }) => occurredAt))).toEqual(new Set([1]));
  });

  it('is completed from the log where it is behind, by a little or by a lot', async () => {
    const index = await test.log.index();
    const maintaining = await test.log.store({ index });
    await append(maintaining, 0, 60);
    await upToDate(maintaining, index);
    await maintaining.close();
    const { store, faults } = await reader(index);
    const [middle] = (await append(store, 100, 10)).slice(4);
    for (const count of [0, 1_000]) {
      await append(store, 1_000, count);
      const all = await fromLog(store);
      expect(await store.readCustomer(jane)).toEqual(all);
      expect(await store.readCustomer(jane, { limit: 45 })).toEqual(all.slice(0, 45));
      expect(await store.readCustomer(jane, { limit: 3 })).toEqual(all.slice(0, 3));
      const later = all.filter(({ position }) => position > (middle ?? ''));
      expect(await store.readCustomer(jane, { after: middle ?? '' })).toEqual(later);
      expect(await store.readCustomer(jane, { after: middle ?? '', limit: 2 })).toEqual(later.slice(0, 2));
    }
    expect(faults).toEqual([]);
  });

  it('answers what belongs together, of customers and of nobody, and is completed from the log', async () => {
    const index = await test.log.index();
    const maintaining = await test.log.store({ index });
    const traceId = 'a'.repeat(32);
    const story = (name: string, customerId: string | null): NewEvent => {
      const event = newEvent(name, { customerId });
      const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`;
      return { ...event, metadata: { ...event.metadata, correlationId: 'story', traceparent } };
    };
    const all = { limit: 100 };
    await appendOne(maintaining, streamName(1), 'absent', story('first', jane), newEvent('other'));
    await appendOne(maintaining, streamName(2), 'absent', story('second', null));
    await upToDate(maintaining, index);
    await maintaining.close();
    // What only the index has, is answered from it.
    await tamper((events) => events.updateMany({}, { $set: { occurredAt: 1 } }));
    const { store } = await reader(index);
    for (const events of [await store.readCorrelation('story', all), await store.readTrace(traceId, all)])
      expect(events.map(({ id, occurredAt }) => [id, occurredAt])).toEqual([
        [story('first', jane).id, 1],
        [story('second', null).id, 1],
      ]);
    await append(store, 100, 1_000);
    await appendOne(store, streamName(3), 'absent', story('third', null));
    const ids = ['first', 'second', 'third'].map((name) => story(name, null).id);
    expect(idsOf(await store.readCorrelation('story', all))).toEqual(ids);
    expect(idsOf(await store.readTrace(traceId, all))).toEqual(ids);
    expect(idsOf(await store.readCorrelation('story', { limit: 2 }))).toEqual(ids.slice(0, 2));
  });

  it('of an earlier format is not believed, and built anew by who maintains it', async () => {
    const index = await test.log.index();
    const first = await test.log.store({ index });
    await append(first, 0, 5);
    await appendOne(first, streamName(50), 'absent', newEvent('nobody'));
    await upToDate(first, index);
    await first.close();
    const client = new MongoClient(test.log.mongo.url);
    const db = client.db(test.log.database);
    await db
      .collection<Document & { _id: string }>('customer_index')
      .updateOne({ _id: 'state' }, { $unset: { format: 1 } });
    await client.close();
    await tamper((events) => events.deleteMany({ customerId: null }));
    const { store } = await reader(index);
    expect(await store.readCorrelation('nobody', { limit: 10 })).toHaveLength(1);
    const second = await test.log.store({ index });
    await upToDate(second, index);
    await expect.poll(() => checkCustomerIndex({ store: second, index }), { timeout: 15_000 }).toEqual({ checked: 6 });
  });

  it('is waited for while it moves on', async () => {
    const index = await test.log.index();
    const { store } = await reader(index);
    await append(store, 0, 3_000);
    const maintaining = await test.log.store({ index });
    expect(await store.readCustomer(jane)).toEqual(await fromLog(store));
    await upToDate(maintaining, index);
    expect(await store.readCustomer(jane)).toEqual(await fromLog(store));
  });

  it('of another log is not believed, and built anew by who maintains it', async () => {
    const elsewhere = await LogOnServers.start(test.log.mongo);
    try {
      const index = await test.log.index();
      const foreign = await elsewhere.store({ index });
      await append(foreign, 0, 20);
      await upToDate(foreign, index);
      await foreign.close();
      const { store } = await reader(index);
      await append(store, 5, 5);
      expect(await store.readCustomer(jane)).toEqual(await fromLog(store));
      expect(await checkCustomerIndex({ store, index })).toEqual({ checked: 0, foreign: true });
      const maintaining = await test.log.store({ index });
      await upToDate(maintaining, index);
      expect(await checkCustomerIndex({ store, index })).toEqual({ checked: 5 });
      expect(await store.readCustomer(jane)).toEqual(await fromLog(store));
    } finally {
      await elsewhere.stop();
    }
  });

  it('of an earlier life of the log, or of events that the log has not, is built anew', async () => {
    const index = await test.log.index();
    const first = await test.log.store({ index });
    await append(first, 0, 20);
    await upToDate(first, index);
    const { generation } = (await index.state()) ?? {};
    await first.close();
    await tamper((events) => events.updateMany({ customerId: jane }, { $set: { occurredAt: 1 } }));
    await raiseEventStoreDBEpoch({ url: test.log.server.url });
    const { store: raised } = await reader(index);
    expect(await raised.readCustomer(jane)).toEqual(await fromLog(raised));
    const second = await test.log.store({ index });
    await expect.poll(async () => (await index.state())?.checkpoint.epoch, { timeout: 10_000 }).toBe(2);
    await upToDate(second, index);
    const state = await index.state();
    expect(state?.generation).not.toBe(generation);
    await second.close();
    // As if the log had been restored from a backup, without what the index has seen.
    if (!state) throw new Error('the index has no state');
    const lost = { ...state.checkpoint, eventId: hex(99) };
    await index.record(state, [], lost);
    const { store } = await reader(index);
    expect(await store.readCustomer(jane)).toEqual(await fromLog(store));
    await test.log.store({ index });
    await expect.poll(async () => (await index.state())?.generation, { timeout: 10_000 }).not.toBe(state.generation);
  });

  it('with a gap is reported and not believed, and found by the check', async () => {
    const index = await test.log.index();
    const store = await test.log.store({ index });
    const positions = await append(store, 0, 4);
    await store.append([unit(streamName(50), 'absent', ofJane('first'), ofJane('second'), ofJane('third'))]);
    await upToDate(store, index);
    const { store: other, faults } = await reader(index);
    const revision = async (n: number): Promise<void> => {
      await tamper((events) => events.deleteOne({ stream: streamName(50), revision: n }));
    };
    await revision(1);
    expect(await other.readCustomer(jane)).toEqual(await fromLog(store));
    expect(faults).toEqual([{ kind: 'gap', customerId: jane, stream: streamName(50), revision: 1 }]);
    const check = await checkCustomerIndex({ store, index });
    expect(check).toMatchObject({ checked: 5, difference: { kind: 'missing', eventId: ofJane('second').id } });
    await revision(0);
    expect(await other.readCustomer(jane)).toEqual(await fromLog(store));
    expect(faults[1]).toMatchObject({ revision: 0 });
    await rebuildCustomerIndex({ store, index });
    await upToDate(store, index);
    expect(await checkCustomerIndex({ store, index })).toEqual({ checked: 7 });
    expect(await other.readCustomer(jane)).toEqual(await fromLog(store));
    expect(faults).toHaveLength(2);
    expect(await checkCustomerIndex({ store, index, after: positions[1] ?? '', upTo: positions[2] ?? '' })).toEqual({
      checked: 1,
    });
  });

  it('that was altered, or has what the log has not, is found by the check', async () => {
    const index = await test.log.index();
    const store = await test.log.store({ index });
    const positions = await append(store, 0, 10);
    await upToDate(store, index);
    await tamper((events) => events.updateOne({ _id: positions[6] ?? '' }, { $set: { occurredAt: 1 } }));
    const altered = { kind: 'different', position: positions[6], eventId: ofJane('6').id };
    expect(await checkCustomerIndex({ store, index })).toEqual({ checked: 6, difference: altered });
    await tamper(async (events) => {
      const copy = await events.findOne({ _id: positions[1] ?? '' });
      if (copy) await events.insertOne({ ...copy, _id: `${(positions[2] ?? '').slice(0, -1)}f` });
    });
    expect(await checkCustomerIndex({ store, index })).toMatchObject({ checked: 3, difference: { kind: 'extra' } });
  });

  it("takes no fault from a stream in which a revision is another customer's, or nobody's", async () => {
    const index = await test.log.index();
    const store = await test.log.store({ index });
    const mixed = [null, jane, hex(2), null, jane].map((customerId, n) => newEvent(`mixed ${n}`, { customerId }));
    await store.append([unit(streamName(1), 'absent', ...mixed)]);
    await upToDate(store, index);
    const { store: other, faults } = await reader(index);
    for (const _ of [1, 2]) expect(idsOf(await other.readCustomer(jane))).toEqual([mixed[1]?.id, mixed[4]?.id]);
    expect(faults).toEqual([]);
  });

  it('is right when two maintain it at the same time', async () => {
    const indexes = [await test.log.index(), await test.log.index()] as const;
    const writer = await test.log.store({ maintainsIndex: false });
    // Each of them believes that it is its turn.
    const [first, second] = indexes.map((index) => ({
      state: () => index.state(),
      read: index.read.bind(index),
      readRelated: index.readRelated.bind(index),
      page: index.page.bind(index),
      begin: index.begin.bind(index),
      record: index.record.bind(index),
      hold: async () => true,
      release: async () => undefined,
      close: async () => undefined,
    }));
    for (const index of [first, second]) if (index) await test.log.store({ index });
    for (let round = 0; round < 20; round++) await append(writer, round * 100, 100);
    await upToDate(writer, indexes[0]);
    expect(await checkCustomerIndex({ store: writer, index: indexes[1] })).toEqual({ checked: 2_000 });
  });

  it('is begun once by many who begin it at the same time, and keeps nothing of what came before', async () => {
    const indexes = await Promise.all(Array.from({ length: 4 }, () => test.log.index()));
    const store = await test.log.store({ maintainsIndex: false });
    const [event] = await append(store, 0, 1).then(() => store.readAllSealed({ limit: 1 }));
    const beginning = await store.checkpointAt(null);
    if (!beginning || !event) throw new Error('the log has no beginning');
    let before = await indexes[0]?.state();
    for (let round = 0; round < 5; round++) {
      const begun = await Promise.all(indexes.map((index) => index.begin(before, beginning)));
      const [state, ...more] = begun.filter((one) => one !== undefined);
      expect(more).toEqual([]);
      expect(await indexes[1]?.state()).toEqual(state);
      if (!state) throw new Error('nobody has begun');
      const after = { ...beginning, position: event.position, eventId: event.id };
      before = await indexes[round % 4]?.record(state, [event], after);
      expect(
        await indexes[0]?.read(state.generation, jane, { after: beginning.position, upTo: event.position }),
      ).toHaveLength(1);
    }
    const client = new MongoClient(test.log.mongo.url);
    const names = (await client.db(test.log.database).listCollections().toArray()).map(({ name }) => name);
    await client.close();
    expect(names.filter((name) => name.includes('_events_'))).toHaveLength(1);
  });

  it('is taken over from a maintainer that has died, and at once from one that has ended', async () => {
    const [dead, index] = [await test.log.index(), await test.log.index()];
    expect(await dead.hold('dead')).toBe(true);
    expect(await index.hold('other')).toBe(false);
    const store = await test.log.store({ index });
    await append(store, 0, 5);
    expect(await index.state()).toBeUndefined();
    await upToDate(store, index);
    expect(await dead.hold('dead')).toBe(false);
    await store.close();
    expect(await dead.hold('dead')).toBe(true);
  });

  it('may be built anew while it is read', async () => {
    const index = await test.log.index();
    const store = await test.log.store({ index });
    await append(store, 0, 90);
    await upToDate(store, index);
    const expected = await fromLog(store);
    let rebuilding = true;
    const rebuilt = (async () => {
      for (let n = 0; n < 6; n++) await rebuildCustomerIndex({ store, index });
      rebuilding = false;
    })();
    let reads = 0;
    for (; rebuilding; reads++) expect(await store.readCustomer(jane)).toEqual(expected);
    await rebuilt;
    expect(reads).toBeGreaterThan(0);
  });

  it('I19: holds nothing of personal data but what is sealed', async () => {
    const index = await test.log.index();
    const store = await test.log.store({ index });
    await appendOne(store, streamName(1), 'absent', ofJane('a', { personal: { name: 'canary' } }));
    await upToDate(store, index);
    await tamper(async (events) => {
      const [document] = await events.find().toArray();
      expect(document?.sealed.length()).toBeGreaterThan(0);
      expect(JSON.stringify(document)).not.toContain('canary');
      expect(Buffer.from(document?.sealed.value()).includes('canary')).toBe(false);
    });
    await store.destroyKey(jane);
    expect(await store.readCustomer(jane)).toMatchObject([{ erased: true }]);
  });
});
