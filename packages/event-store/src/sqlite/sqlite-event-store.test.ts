import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appendOne, newEvent, streamName } from '../contract/harness.ts';
import { eventStoreContract } from '../contract.ts';
import { connectSqliteEventStore, type LogWriter, openSqliteEventStore, startLogWriter } from './index.ts';

eventStoreContract('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-log-'));
  let writer: LogWriter = await startLogWriter({ directory });
  return {
    atomicUnits: true,
    orderedUnits: true,
    connect: async (options) => connectSqliteEventStore(writer.connect(), options),
    restart: async () => {
      await writer.close();
      writer = await startLogWriter({ directory });
    },
    destroyKey: async (owner) => {
      const client = connectSqliteEventStore(writer.connect());
      await client.destroyKey(owner);
      await client.close();
    },
    dispose: async () => {
      await writer.close();
      rmSync(directory, { recursive: true });
    },
  };
});

it('tells when the last event was recorded, before a clock is trusted', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-log-'));
  const store = await openSqliteEventStore({ directory, now: () => 5_000 });
  expect(store.lastRecordedAt()).toBeUndefined();
  await appendOne(store, streamName(1), 'absent', newEvent('a'));
  expect(store.lastRecordedAt()).toBe(5_000);
  await store.close();
  rmSync(directory, { recursive: true });
});
