import { mkdirSync } from 'node:fs';
import { openSqliteKeyStore, openSqliteKeyTransfer } from '@tenure/key-store/sqlite';
import type { MigrationTarget } from '../migration.ts';
import { keysFile, logFile, syncToDisk } from './files.ts';
import { isUnfinished, markFinished, markUnfinished } from './import-marker.ts';
import { ImportWriter } from './import-writer.ts';
import { lockDirectory } from './lock.ts';
import { LogReader } from './log-reader.ts';
import { assertRestored } from './restore.ts';
import { openLogForWriting, readIdentity } from './schema.ts';

/**
 * Opens the log in a directory (made if absent) to be filled from another one; nobody else can write it meanwhile.
 * @throws {StoreLockedError} when it is being written
 * @throws {LogFormatError} when there is something else than a log of this format
 */
export const openSqliteMigrationTarget = async ({
  directory,
}: {
  readonly directory: string;
}): Promise<MigrationTarget> => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const opened = new AsyncDisposableStack();
  try {
    const lock = lockDirectory(directory);
    opened.defer(() => lock.release());
    assertRestored(directory);
    const keys = openSqliteKeyTransfer({ file: keysFile(directory) });
    opened.defer(() => keys.close());
    const opening = openSqliteKeyStore({ file: keysFile(directory), readOnly: true });
    opened.defer(() => opening.close());
    const db = openLogForWriting(logFile(directory), { unfinished: true });
    opened.defer(() => db.close());
    const reader = new LogReader(db, opening);
    const writer = new ImportWriter(db);
    const { logId, epoch } = readIdentity(db);
    return {
      keys,
      logId,
      epoch,
      isFinished: !isUnfinished(db),
      readAllSealed: async (options) => reader.readAllSealed(options),
      begin: async (id) => {
        markUnfinished(db, id);
        // The files may be new.
        syncToDisk(directory);
      },
      append: async (events) => writer.append(events),
      finish: async (identity) => markFinished(db, identity),
      close: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
};
