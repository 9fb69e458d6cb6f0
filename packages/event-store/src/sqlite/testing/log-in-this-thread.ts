import { mkdirSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { openSqliteKeyStore } from '@tenure/key-store/sqlite';
import { keysFile, logFile } from '../files.ts';
import { lockDirectory } from '../lock.ts';
import { LogServer } from '../log-server.ts';
import { assertRestored } from '../restore.ts';
import { openLogForWriting } from '../schema.ts';
import { connectSqliteEventStore, type SqliteEventStore } from '../sqlite-event-store.ts';
import { SqliteLog } from '../sqlite-log.ts';

/** The log's writer and its clients, all in the caller's thread, for a test that decides whose turn it is. */
export interface LogInThisThread {
  /** Position of the last event as a number, at once. */
  readonly head: number;
  connect(now: () => number): SqliteEventStore;
  /** Ends it as a killed process would: nothing that waits is carried out. Not while an append is under way. */
  kill(): Promise<void>;
}

/** Tests have few customers, and open the log often. */
const cacheSize = 100;

/** @throws what `startLogWriter` throws */
export function openLogInThisThread(directory: string): LogInThisThread {
  mkdirSync(directory, { recursive: true });
  const lock = lockDirectory(directory);
  assertRestored(directory);
  const keys = openSqliteKeyStore({ file: keysFile(directory), cacheSize });
  const db = openLogForWriting(logFile(directory));
  const log = new SqliteLog(db, keys, cacheSize);
  const server = new LogServer(log, keys);
  const clients: SqliteEventStore[] = [];
  return {
    get head() {
      return log.head;
    },
    connect(now) {
      const { port1, port2 } = new MessageChannel();
      server.connect(port2);
      const client = connectSqliteEventStore(
        { directory, port: port1 },
        { now, cacheMebibytes: 1, cachedKeys: cacheSize },
      );
      clients.push(client);
      return client;
    },
    async kill() {
      for (const client of clients) await client.close();
      db.close();
      keys.close();
      lock.release();
    },
  };
}
