import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, eventId } from '@tenure/event-store';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { expect, it } from 'vitest';
import { eventBusContract } from '../contract.ts';
import { createEmbeddedEventBus } from './embedded-event-bus.ts';

eventBusContract('embedded', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-bus-'));
  const store = await openSqliteEventStore({ directory });
  return {
    store,
    openBus: (parkingLot) => createEmbeddedEventBus({ store, parkingLot, now: () => 0, pageSize: 2, retryMs: 5 }),
    close: async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
});

it('I6: tells those who wait of what a failed delivery had applied, though nothing comes after it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-bus-'));
  const store = await openSqliteEventStore({ directory });
  const metadata = { actor: 'test', service: 'test', commandId: 'c', causationId: 'c', correlationId: 'c' };
  const event = { id: eventId('c', 0), type: 'Noted', version: 1, customerId: null, occurredAt: 0, data: {}, metadata };
  const [outcome] = await store.append([[{ stream: `note-${eventId('s', 0)}`, expected: 'absent', events: [event] }]]);
  const position = outcome?.status === 'appended' ? outcome.position : '';

  const parkingLot = { list: async () => [], park: async () => undefined, release: async () => undefined };
  const bus = createEmbeddedEventBus({ store, parkingLot, now: () => 0, retryMs: 5 });
  let applied: Checkpoint | undefined;
  const subscription = await bus.subscribe({
    name: 'in doubt',
    checkpoint: async () => applied,
    handle: async ({ checkpoint }) => {
      applied = checkpoint;
      throw new Error('nobody hears that it was done');
    },
  });
  await subscription.reached(position, AbortSignal.timeout(60_000));
  expect(subscription.position).toBe(position);
  await bus.close();
  await store.close();
  rmSync(directory, { recursive: true });
});
