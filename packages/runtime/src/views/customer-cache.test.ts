import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calendarOf, defaultLifecycle, defaultPolicies, policiesFrom } from '@tenure/domain';
import { type EventStore, eventId, type NewEvent, type Position } from '@tenure/event-store';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CustomerCache, type CustomerCacheOptions } from './customer-cache.ts';
import { readHistory } from './history.ts';
import type { KnownCustomer } from './known-customer.ts';
import { type RecordedEvent, recordedEvent } from './recorded-event.ts';
import { replayStandings } from './replay-standings.ts';

const dayMs = 86_400_000;
const opening = Date.parse('2026-01-01T00:00:00Z');
const [ann, bob] = ['a'.repeat(32), 'b'.repeat(32)];

let directory: string;
let store: EventStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-cache-'));
  store = await openSqliteEventStore({ directory });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

function cacheOf(...given: Parameters<typeof optionsOf>): CustomerCache {
  return new CustomerCache(optionsOf(...given));
}

function optionsOf(
  over: EventStore,
  givenUpTo: Position | ((partition: number) => Position) = '',
  memory = { maxFacts: 1_000, maxTextLength: 10_000 },
): CustomerCacheOptions {
  const policies = policiesFrom(defaultPolicies);
  return {
    store: over,
    calendar: calendarOf('UTC'),
    policies: () => policies,
    memory,
    follows: () => true,
    givenUpTo: async (partition) => (typeof givenUpTo === 'string' ? givenUpTo : givenUpTo(partition)),
  };
}

/** The store, but for how it reads a customer. */
function storeThatReads(readCustomer: EventStore['readCustomer']): EventStore {
  return Object.create(store, {
    identity: { get: () => store.identity },
    head: { value: (): Promise<Position | null> => store.head() },
    readCustomer: { value: readCustomer },
  });
}

let written = 0;

async function append(customerId: string, category: string, event: Pick<NewEvent, 'type' | 'data' | 'personal'>) {
  const commandId = `command-${++written}`;
  const id = eventId(commandId, 0);
  const stream = category === 'profile' ? `profile-${customerId}` : `${category}-${id}`;
  const revision = (await store.readStream(stream)).length;
  const metadata = { actor: 'a', service: 's', commandId, causationId: 'r', correlationId: 'r' };
  const whole: NewEvent = { ...event, id, version: 1, customerId, occurredAt: opening + written * dayMs, metadata };
  await store.append([[{ stream, expected: revision === 0 ? 'absent' : revision - 1, events: [whole] }]]);
  return (await lastEvent()) as RecordedEvent;
}

async function lastEvent(): Promise<RecordedEvent | undefined> {
  const last = (await store.readAll({ limit: 1_000 })).at(-1);
  return last === undefined ? undefined : recordedEvent(last);
}

function buy(customerId: string): Promise<RecordedEvent> {
  const lines = [{ lineId: '1', productId: 'p', quantity: 1, amountMinor: 1_000 }];
  const data = { source: 'shop', orderId: `o${written}`, currency: 'GBP', lines, contentHash: '0'.repeat(32) };
  return append(customerId, 'purchase', { type: 'PurchaseRecorded', data });
}

function register(customerId: string): Promise<RecordedEvent> {
  const data = { source: 'shop', via: 'registration' };
  return append(customerId, 'profile', { type: 'CustomerRegistered', data, personal: { key: customerId } });
}

function link(customerId: string, otherCustomerId: string): Promise<RecordedEvent> {
  return append(customerId, 'profile', { type: 'KeyLinked', data: { otherCustomerId } });
}

async function give(cache: CustomerCache, events: readonly RecordedEvent[], partition = 0): Promise<void> {
  using _changed = await cache.apply(events, partition);
}

async function load(cache: CustomerCache, id: string): Promise<KnownCustomer> {
  using customers = await cache.use([id]);
  const [customer] = [...customers].map(([own]) => own);
  if (customer === undefined) throw new Error('asked for one, got none');
  return customer;
}

async function countOf(cache: CustomerCache, id: string): Promise<number> {
  return (await load(cache, id)).fold.facts.filter(({ kind }) => kind === 'purchase').length;
}

describe('customers in memory', () => {
  it('I5: are told by the policies that were known then, also when a later one is in the same delivery', async () => {
    const events = [await register(ann), await buy(ann)];
    const silent = { 'at-risk': { silentDays: 45 }, churned: { silentDays: 120 } };
    const other = { ...defaultLifecycle, stages: { ...defaultLifecycle.stages, ...silent } };
    const policyMoments = [
      { recordedAt: 0, policies: policiesFrom(defaultPolicies) },
      { recordedAt: Date.now() + dayMs, policies: policiesFrom([other]) },
    ];
    const cache = new CustomerCache({ ...optionsOf(store), policyMoments, policies: () => policiesFrom([other]) });
    await give(cache, events);
    const told = (await load(cache, ann)).standings?.take(0);
    const history = await readHistory(store, ann);
    if (history === undefined) throw new Error('there is a history');
    expect(told).toEqual(replayStandings(history, policyMoments, calendarOf('UTC')).standings.take(0));
    expect([...(told?.values() ?? [])].some((standing) => standing?.value === 'churned')).toBe(true);
  });

  it('I5: lack nothing when readers of the log are at different places of it', async () => {
    const [first, , third] = [await buy(ann), await buy(ann), await buy(ann)];
    const cache = cacheOf(store);
    // One reader is at the beginning; the other had handled the second purchase in an earlier life.
    await give(cache, [first]);
    await give(cache, [third]);
    expect(await countOf(cache, ann)).toBe(3);
  });

  it('I5: lack nothing when one reader is given their registration and another was further before', async () => {
    const registration = await register(ann);
    const [first, second] = [await buy(ann), await buy(ann)];
    const cache = cacheOf(store, first.position);
    await give(cache, [registration]);
    await give(cache, [second]);
    expect(await countOf(cache, ann)).toBe(2);
  });

  it('I5: lack nothing that was given in their partition before, here or to whoever had it meanwhile', async () => {
    const registration = await register(ann);
    const [first, second] = [await buy(ann), await buy(ann)];
    await buy(ann);
    let furthest = first.position;
    const cache = cacheOf(store, (partition) => (partition === 1 ? furthest : ''));
    await give(cache, [registration], 1);
    await give(cache, [second], 1);
    expect(await countOf(cache, ann)).toBe(3);

    const [later, last] = [await register(bob), await buy(bob)];
    furthest = last.position;
    cache.reassigned();
    await give(cache, [later], 1);
    const next = await buy(bob);
    await give(cache, [next], 1);
    expect(await countOf(cache, bob)).toBe(2);
  });

  it('I5: lack nothing that was applied while they were being read', async () => {
    const first = await buy(ann);
    let readsBegun = 0;
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const slow = storeThatReads(async (...args) => {
      const events = await store.readCustomer(...args);
      if (readsBegun++ === 0) await opened;
      return events;
    });
    const cache = cacheOf(slow);
    const behind = cache.apply([first], 0);
    const second = await buy(ann);
    const ahead = cache.apply([second], 0);
    await new Promise((resolve) => setImmediate(resolve));
    open();
    await Promise.all([behind, ahead]);
    expect(await countOf(cache, ann)).toBe(2);
  });

  it('I5: stay forgotten when one reader gives them up while another is about to fold on', async () => {
    const first = await buy(ann);
    let isReading: () => void = () => undefined;
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const slow = storeThatReads(async (...args) => {
      if (args[0] === bob) {
        isReading();
        await opened;
      }
      return store.readCustomer(...args);
    });
    const cache = cacheOf(slow);
    const { promise: reading, resolve } = Promise.withResolvers<void>();
    isReading = resolve;
    let ahead: Promise<void>;
    {
      using changed = await cache.apply([first], 0);
      for (const [customer] of changed) customer.notes.set('collection', 'said to be written');
      ahead = give(cache, [await buy(ann), await buy(bob)]);
      await reading;
    }
    // It was not written: somebody else had been first.
    cache.forget(ann);
    open();
    await ahead;
    expect((await load(cache, ann)).notes.size).toBe(0);
    expect(await countOf(cache, ann)).toBe(2);
  });

  it('I5: are the same after they rested as text, and after they were read again', async () => {
    const registration = await register(ann);
    const bought = [await buy(ann), await buy(ann)];
    for (const maxTextLength of [10_000, 1]) {
      const cache = cacheOf(store, '', { maxFacts: 10, maxTextLength });
      await give(cache, [registration, ...bought]);
      const before = await load(cache, ann);
      before.notes.set('collection', 'noted');
      for (let count = 0; count < 5; count++) await give(cache, [await buy(bob)]);
      const after = await load(cache, ann);
      expect(after).not.toBe(before);
      const { fold: foldBefore, notes: notesBefore, ...othersBefore } = before;
      const { fold, notes, ...others } = after;
      const until = opening + 1_000 * dayMs;
      expect(fold.at(until)).toStrictEqual(foldBefore.at(until));
      expect(notes.size).toBe(maxTextLength > 1 ? notesBefore.size : 0);
      if (maxTextLength > 1) expect(others).toStrictEqual(othersBefore);
    }
  });

  it('I5: are one object for all who work with them, however little room there is', async () => {
    const cache = cacheOf(store, '', { maxFacts: 6, maxTextLength: 10_000 });
    const bought = await buy(ann);
    {
      using changed = await cache.apply([bought], 0);
      const [[customer] = []] = [...changed];
      customer?.notes.set('collection', 'before the other came');
      await give(cache, [await buy(bob)]);
      expect(await load(cache, ann)).toBe(customer);
      customer?.notes.set('collection', 'noted');
    }
    await give(cache, [await buy(bob)]);
    expect((await load(cache, ann)).notes.get('collection')).toBe('noted');
  });

  it('I5: stay forgotten when they were linked while somebody worked with them', async () => {
    await register(ann);
    await register(bob);
    const cache = cacheOf(store);
    const before = await load(cache, ann);
    {
      using _inUse = await cache.use([ann]);
      const links = [await link(ann, bob), await link(bob, ann)];
      await give(cache, links);
    }
    const after = await load(cache, ann);
    expect(after).not.toBe(before);
    expect(after.ids).toHaveLength(2);
  });

  it('I14: take no more room than they are given, however long their histories become', async () => {
    const cache = cacheOf(store, '', { maxFacts: 20, maxTextLength: 1 });
    await give(cache, [await buy(ann)]);
    const first = await load(cache, ann);
    for (let count = 0; count < 15; count++) await give(cache, [await buy(bob)]);
    expect(await load(cache, ann)).not.toBe(first);
  });

  it('I12: what was left out for one id is not taken for known because a linked id went on', async () => {
    await register(ann);
    await register(bob);
    await link(ann, bob);
    await link(bob, ann);
    const cache = cacheOf(store);
    await load(cache, ann);
    const leftOut = await buy(ann);
    const next = await buy(bob);
    await give(cache, [next]);
    await give(cache, [leftOut]);
    expect(await countOf(cache, ann)).toBe(2);
  });
});
