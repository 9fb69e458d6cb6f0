import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
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
