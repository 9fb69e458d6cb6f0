import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  calendarOf,
  defaultPolicies,
  evolveStages,
  policiesFrom,
  type RecordedStages,
  stageEvents,
} from '@tenure/domain';
import { type EventStore, eventId, StoreUnavailableError } from '@tenure/event-store';
import { openSqliteEventStore, type SqliteEventStore } from '@tenure/event-store/sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CustomerCache } from './customer-cache.ts';
import { recordedEvent } from './recorded-event.ts';
import { Recording } from './recording.ts';
import type { Recorder } from './types.ts';

let directory: string;
let store: SqliteEventStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-recording-'));
  store = await openSqliteEventStore({ directory });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const customerId = eventId('customer', 0);
const stages: Recorder<RecordedStages> = {
  name: 'stages',
  service: 'analytics',
  timer: { collection: 'customers', field: 'at' },
  stream: (id) => `lifecycle-${id}`,
  recorded: (events) => events.reduce<RecordedStages>(evolveStages, []),
  missing: (id, state, recorded) => stageEvents(id, recorded, state?.transitions ?? []),
  complete: (state) => [...(state?.transitions ?? [])],
};

it('I23: an append of which no answer came may have happened: what stands is read again', async () => {
  let appends = 0;
  const losing: EventStore = new Proxy<EventStore>(store, {
    get: (of, name) => {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== 'function') return value;
      if (name !== 'append') return value.bind(of);
      return async (...args: unknown[]) => {
        const outcome: unknown = await value.apply(of, args);
        if (++appends !== 2) return outcome;
        throw new StoreUnavailableError('the answer was lost');
      };
    },
  });
  const customers = new CustomerCache({
    store: losing,
    calendar: calendarOf('UTC'),
    policies: () => policiesFrom(defaultPolicies),
    memory: { maxFacts: 100, maxTextLength: 1_000 },
    follows: () => true,
    givenUpTo: async () => '',
  });
  const now = (): number => Date.parse('2026-02-01T00:00:00Z');
  const recording = new Recording({ store: losing, customers, recorders: [stages], now });
  const occasion = { causationId: 'c', correlationId: 'c' };
  const record = (): Promise<void> => recording.record(new Map([[customerId, occasion]]));

  using _new = await give(customers, await buy('2026-01-20T00:00:00Z'));
  await record();
  using _back = await give(customers, await buy('2026-01-22T00:00:00Z'));
  await expect(record()).rejects.toThrow('the answer was lost');
  using _late = await give(customers, await buy('2026-01-10T00:00:00Z'));
  await record();

  using folded = await customers.use([customerId]);
  const [[customer] = []] = [...folded];
  const stands = stages.recorded((await store.readStream(stages.stream(customerId))).map(recordedEvent));
  expect(stands.map(({ to, at }) => [to, at])).toEqual(
    customer?.fold.at(now())?.transitions.map(({ to, at }) => [to, at]),
  );
  expect(stands).not.toEqual([]);
});

async function give(customers: CustomerCache, position: string): Promise<Disposable> {
  const events = (await store.readAll({ limit: 100 })).filter((event) => event.position === position);
  return customers.apply(events.map(recordedEvent), 0);
}

/** Returns the position. */
async function buy(at: string): Promise<string> {
  const event = {
    id: eventId(at, 0),
    type: 'PurchaseRecorded',
    version: 1,
    customerId,
    occurredAt: Date.parse(at),
    data: {
      source: 'shop',
      orderId: at,
      currency: 'GBP',
      lines: [{ lineId: '1', productId: 'p', quantity: 1, amountMinor: 1_000 }],
      contentHash: '0'.repeat(32),
    },
    metadata: { actor: 'a', service: 's', commandId: at, causationId: 'c', correlationId: 'c' },
  };
  await store.append([[{ stream: `purchase-${eventId(at, 0)}`, expected: 'absent', events: [event] }]]);
  return (await store.head()) ?? '';
}
