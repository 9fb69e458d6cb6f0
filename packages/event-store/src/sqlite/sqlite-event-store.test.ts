import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventStoreContract } from '../contract.ts';
import { connectSqliteEventStore, type LogWriter, startLogWriter } from './index.ts';

eventStoreContract('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-log-'));
  let writer: LogWriter = await startLogWriter({ directory });
  return {
    atomicUnits: true,
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
