import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calendarOf, defaultPolicies, policiesFrom } from '@tenure/domain';
import { PoisonError } from '@tenure/event-bus';
import { eventId } from '@tenure/event-store';
import { openSqliteEventStore, type SqliteEventStore } from '@tenure/event-store/sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CustomerCache } from './customer-cache.ts';
import { recordedEvent } from './recorded-event.ts';

let directory: string;
let store: SqliteEventStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-poison-'));
  store = await openSqliteEventStore({ directory });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const customer = eventId('customer', 0);

/** Appends a purchase by a customer of a version that nobody knows, without what every version has. */
async function appendBroken(): Promise<void> {
  const event = {
    id: eventId('purchase', 0),
    type: 'PurchaseRecorded',
    version: 999,
    customerId: customer,
    occurredAt: 1,
    data: { source: 'web', orderId: '1', currency: 'GBP' },
    metadata: { actor: 'a', service: 's', commandId: 'c', causationId: 'c', correlationId: 'c' },
  };
  await store.append([[{ stream: `purchase-${eventId('stream', 0)}`, expected: 'absent', events: [event] }]]);
}

it.each(['read from the log', 'folded on'])('I12: an event that cannot be folded is poison when %s', async (how) => {
  const customers = new CustomerCache({
    store,
    calendar: calendarOf('UTC'),
    policies: () => policiesFrom(defaultPolicies),
    memory: { maxFacts: 100, maxTextLength: 1_000 },
    follows: () => true,
    givenUpTo: async () => '',
  });
  if (how === 'folded on') (await customers.use([customer]))[Symbol.dispose]();
  await appendBroken();
  const events = (await store.readAll({ limit: 10 })).map(recordedEvent);
  await expect(customers.apply(events, 0)).rejects.toThrow(PoisonError);
});
