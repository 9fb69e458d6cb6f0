import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { appendOne, hex, idsOf, newEvent, positionOf, streamName, unit } from '../contract/harness.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { AppendOutcome, AppendUnit, EventStore, NewEvent, StoredEvent } from '../port.ts';
import { DeadEnds } from './fixtures/dead-ends.ts';
import { eachTestItsServers, hasServers, LogOnServers, PATIENCE_MS, titled } from './fixtures/servers.ts';
import { type EventStoreDB, raiseEventStoreDBEpoch } from './index.ts';

const allOf = (store: EventStore): Promise<readonly StoredEvent[]> => store.readAll({ limit: 1_000_000 });

const isSorted = (times: readonly number[]): boolean =>
  times.every((time, n) => n === 0 || time >= (times[n - 1] ?? 0));

describe.skipIf(!hasServers)(titled('EventStoreDB, when things go wrong'), { timeout: PATIENCE_MS }, () => {
  const test = eachTestItsServers();

  /** Tries again while the store is unavailable, as callers do. */
  const appendUntilAnswered = async (store: EventStore, stream: string, event: NewEvent): Promise<AppendOutcome> => {
    for (;;) {
      try {
        return await appendOne(store, stream, 'absent', event);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
      }
    }
  };

  it('I4: an append whose acknowledgement is lost happens once, and is answered', async () => {
    const store = await test.log.store();
    await test.log.server.failures.dropAnswers(1);
    const outcome = await appendOne(store, streamName(1), 'absent', newEvent('a'), newEvent('b'));
    const events = await allOf(store);
    expect(idsOf(events)).toEqual([newEvent('a').id, newEvent('b').id]);
    const last = events[1];
    expect(outcome).toEqual({ status: 'appended', position: last?.position, recordedAt: last?.recordedAt });
    expect(await appendOne(store, streamName(1), 'absent', newEvent('a'), newEvent('b'))).toEqual(outcome);
  });

  it('I4: so do many, some lost before and some after they were recorded', async () => {
    const store = await test.log.store();
    for (const round of [1, 2, 3]) {
      await test.log.server.failures.dropAnswers(4);
      await test.log.server.failures.breakAppends(3);
      const units = Array.from({ length: 150 }, (_, n) =>
        unit(streamName(round * 1_000 + n), 'absent', newEvent(`${round} ${n}`)),
      );
      const outcomes = await store.append(units);
      const positions = outcomes.map(positionOf).toSorted();
      const events = (await allOf(store)).slice(-150);
      expect(events.map(({ position }) => position)).toEqual(positions);
    }
    expect(await allOf(store)).toHaveLength(450);
  });

  it('I4: one whose first try was lost is still told that another was faster', async () => {
    const [store, other] = [await test.log.store(), await test.log.store()];
    await appendOne(store, streamName(1), 'absent', newEvent('a'));
    await test.log.server.failures.breakAppends(1);
    const late = appendOne(store, streamName(1), 0, newEvent('late'));
    const faster = appendOne(other, streamName(1), 0, newEvent('faster'));
    const statuses = (await Promise.all([late, faster])).map(({ status }) => status).toSorted();
    expect(statuses).toEqual(['appended', 'conflict']);
    expect(await allOf(store)).toHaveLength(2);
  });

  it('says that it does not know while the server does not answer, and goes on when it does', async () => {
    const store = await test.log.store({ patienceMs: 300, timeoutMs: 300 });
    await appendOne(store, streamName(1), 'absent', newEvent('a'));
    await test.log.server.kill();
    const pages = store.subscribe({ signal: new AbortController().signal })[Symbol.asyncIterator]();
    const page = pages.next();
    await expect(appendOne(store, streamName(2), 'absent', newEvent('b'))).rejects.toThrow(StoreUnavailableError);
    await expect(store.readStream(streamName(1))).rejects.toThrow(StoreUnavailableError);
    await expect(store.head()).rejects.toThrow(StoreUnavailableError);
    await test.log.server.start();
    // A subscription has been through it too, and does not end.
    expect(idsOf((await page).value ?? [])).toEqual([newEvent('a').id]);
    expect(await appendUntilAnswered(store, streamName(2), newEvent('b'))).toMatchObject({ status: 'appended' });
    expect(idsOf(await allOf(store))).toEqual([newEvent('a').id, newEvent('b').id]);
  });

  it('waits for a slow answer, and takes what came late for what it is', async () => {
    const store = await test.log.store({ timeoutMs: 300 });
    await appendOne(store, streamName(1), 'absent', newEvent('a'));
    await test.log.server.failures.delayAnswers(2_000);
    const appended = appendOne(store, streamName(2), 'absent', newEvent('b'));
    await sleep(1_000);
    await test.log.server.failures.heal();
    expect(await appended).toMatchObject({ status: 'appended' });
    expect(await allOf(store)).toHaveLength(2);
  });

  it('replaces a connection that has died without a sign', async () => {
    const way = await DeadEnds.start(test.log.server.port);
    try {
      const url = `esdb://127.0.0.1:${way.port}?tls=false`;
      const store = await test.log.store({ url, timeoutMs: 300, maintainsIndex: false });
      for (const n of [1, 2]) {
        await appendOne(store, streamName(n), 'absent', newEvent(`before ${n}`));
        const waiting = store.subscribe({ after: (await store.head()) ?? '', signal: new AbortController().signal });
        const next = waiting[Symbol.asyncIterator]().next();
        way.forgetAll();
        expect(await appendOne(store, streamName(10 + n), 'absent', newEvent(`after ${n}`))).toMatchObject({
          status: 'appended',
        });
        expect(idsOf((await next).value ?? [])).toEqual([newEvent(`after ${n}`).id]);
        way.forgetAll();
        expect(await store.readStream(streamName(10 + n))).toHaveLength(1);
      }
      await store.close();
    } finally {
      await way.close();
    }
  });

  it('reads again what was cut', async () => {
    const store = await test.log.store();
    const events = Array.from({ length: 30 }, (_, n) => newEvent(`cut ${n}`));
    await store.append([unit(streamName(1), 'absent', ...events)]);
    await test.log.server.failures.breakReads(3, 10);
    expect(idsOf(await allOf(store))).toEqual(idsOf(events));
    await test.log.server.failures.breakReads(2, 0);
    expect(idsOf(await store.readStream(streamName(1)))).toEqual(idsOf(events));
  });

  it('I6: what was answered survives that the server is killed again and again, once, and a subscription goes on', async () => {
    // No read waits for a server to come back: whoever wants to, asks again.
    const impatient = { patienceMs: 50, onIndexFault: () => undefined };
    const stores = [await test.log.store(), await test.log.store(impatient)] as const;
    const controller = new AbortController();
    const seen: StoredEvent[] = [];
    const followed = (async () => {
      for await (const page of stores[1].subscribe({ pageSize: 20, signal: controller.signal })) seen.push(...page);
    })();
    const answered = new Map<string, AppendOutcome>();
    let done = false;
    const write = async (store: EventStoreDB, writer: number): Promise<void> => {
      for (let n = 0; !done; n++) {
        const name = `writer ${writer}, ${n}`;
        answered.set(
          newEvent(name).id,
          await appendUntilAnswered(store, streamName(writer * 100_000 + n), newEvent(name)),
        );
      }
    };
    const writers = Array.from({ length: 6 }, (_, writer) => write(stores[(writer % 2) as 0 | 1], writer));
    for (const round of [1, 2, 3]) {
      const before = answered.size;
      await expect.poll(() => answered.size, { timeout: 20_000 }).toBeGreaterThan(before + 30 * round);
      await test.log.server.kill();
      await test.log.server.start();
    }
    const before = answered.size;
    await expect.poll(() => answered.size, { timeout: 20_000 }).toBeGreaterThan(before + 20);
    done = true;
    await Promise.all(writers);
    const events = await allOf(stores[0]);
    expect(new Set(idsOf(events)).size).toBe(events.length);
    const places = new Map(
      events.map(({ id, position, recordedAt }) => [id, { status: 'appended', position, recordedAt }]),
    );
    expect(new Map(answered)).toEqual(places);
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(events.length);
    expect(seen).toEqual(events);
    controller.abort();
    await followed;
  });

  it('wakes a subscription by what is appended, not only by looking now and then, also after a restart', async () => {
    const store = await test.log.store({ maintainsIndex: false });
    const controller = new AbortController();
    let seen = 0;
    const followed = (async () => {
      for await (const page of store.subscribe({ signal: controller.signal })) seen += page.length;
    })();
    const appendAndSee = async (from: number): Promise<void> => {
      for (let n = from; n < from + 20; n++) {
        await appendOne(store, streamName(n), 'absent', newEvent(`live ${n}`));
        await expect.poll(() => seen, { interval: 5 }).toBe(n + 1);
      }
    };
    const started = performance.now();
    await appendAndSee(0);
    await test.log.server.kill();
    await test.log.server.start();
    await appendAndSee(20);
    // Looking alone, which is done each second, would take 20 seconds on average.
    expect(performance.now() - started).toBeLessThan(12_000);
    controller.abort();
    await followed;
  });

  it('writes on while the server of another client of the process dies', async () => {
    const store = await test.log.store({ maintainsIndex: false });
    const elsewhere = await LogOnServers.start(test.log.mongo);
    try {
      const other = await elsewhere.store({ maintainsIndex: false, patienceMs: 100 });
      const units = (many: number): AppendUnit[] =>
        Array.from({ length: many }, (_, n) => unit(streamName(n), 'absent', newEvent(`${n}`)));
      const doomed = other.append(units(3_000));
      const writing = store.append(units(1_000));
      await expect.poll(() => store.head(), { interval: 5 }).not.toBeNull();
      const refused = expect(doomed).rejects.toThrow(StoreUnavailableError);
      await elsewhere.server.kill();
      await refused;
      expect((await writing).every(({ status }) => status === 'appended')).toBe(true);
      expect(await allOf(store)).toHaveLength(1_000);
    } finally {
      await elsewhere.stop();
    }
  });

  it('takes 10,000 appends in one call', async () => {
    const store = await test.log.store({ maintainsIndex: false });
    const units = Array.from({ length: 10_000 }, (_, n) =>
      unit(streamName(n), 'absent', newEvent(`bulk ${n}`, { customerId: hex(n % 100) })),
    );
    const outcomes = await store.append(units);
    const events = await allOf(store);
    const places = new Map(
      events.map(({ id, position, recordedAt }) => [id, { status: 'appended', position, recordedAt }]),
    );
    expect(outcomes).toEqual(units.map(([append]) => places.get(append?.events[0]?.id ?? '')));
    expect(events).toHaveLength(10_000);
    expect(isSorted(events.map(({ recordedAt }) => recordedAt))).toBe(true);
    expect(await store.append(units.slice(0, 500))).toEqual(outcomes.slice(0, 500));
  }, 60_000);

  it('gives a log one identity, whoever opens it first, and another epoch when it is raised', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => test.log.store()));
    const [store] = stores;
    const identity = store?.identity;
    expect(new Set(stores.map(({ identity: { logId } }) => logId)).size).toBe(1);
    expect(identity?.epoch).toBe(1);
    expect(await store?.head()).toBeNull();
    await appendOne(store as EventStoreDB, streamName(1), 'absent', newEvent('a'));
    const checkpoint = await store?.checkpointAt((await store.head()) ?? null);
    for (const one of stores) await one.close();
    expect(await raiseEventStoreDBEpoch({ url: test.log.server.url })).toEqual({ logId: identity?.logId, epoch: 2 });
    const raised = await test.log.store();
    expect(raised.identity).toEqual({ logId: identity?.logId, epoch: 2 });
    expect(checkpoint && (await raised.recognises(checkpoint))).toBe(false);
    expect(idsOf(await allOf(raised))).toEqual([newEvent('a').id]);
  });

  it('tells when the last event was recorded', async () => {
    const store = await test.log.store({ now: () => 5_000 });
    expect(await store.lastRecordedAt()).toBeUndefined();
    await appendOne(store, streamName(1), 'absent', newEvent('a'));
    expect(await store.lastRecordedAt()).toBe(5_000);
  });

  it('refuses an append that the server would not take as one, before any of the call is written', async () => {
    const store = await test.log.store();
    const large = Array.from({ length: 3 }, (_, n) => newEvent(`large ${n}`, { data: { text: 'x'.repeat(400_000) } }));
    const call = store.append([unit(streamName(1), 'absent', newEvent('a')), unit(streamName(2), 'absent', ...large)]);
    await expect(call).rejects.toThrow('EventStoreDB takes at most');
    expect(await allOf(store)).toEqual([]);
  });
});
