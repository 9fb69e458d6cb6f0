import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteKeyStore } from '@tenure/key-store/sqlite';
import { keysFile, logFile } from './files.ts';
import { lockDirectory } from './lock.ts';
import { LogServer } from './log-server.ts';
import type { ControlMessage, StatusMessage, WriterThreadOptions } from './protocol.ts';
import { assertRestored } from './restore.ts';
import { openLogForWriting } from './schema.ts';
import { SqliteLog } from './sqlite-log.ts';

/** The thread that writes events.db and keys.db, and nothing else does. Started by `startLogWriter`. */
const { directory } = workerData as WriterThreadOptions;

const report = (message: StatusMessage): void => parentPort?.postMessage(message);

const start = (): void => {
  const lock = lockDirectory(directory);
  assertRestored(directory);
  const keys = openSqliteKeyStore({ file: keysFile(directory) });
  const db = openLogForWriting(logFile(directory));
  const server = new LogServer(new SqliteLog(db, keys), keys);
  parentPort?.on('message', (message: ControlMessage) => {
    if (message.kind === 'connect') {
      server.connect(message.port);
      return;
    }
    server.close();
    db.close();
    keys.close();
    lock.release();
    parentPort?.close();
  });
  report({ kind: 'ready' });
};

try {
  start();
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  report({ kind: 'refused', code, message });
}
