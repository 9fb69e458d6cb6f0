import { existsSync } from 'node:fs';
import { openSqliteKeyStore, openSqliteKeyTransfer } from '@tenure/key-store/sqlite';
import { LogFormatError } from '../errors.ts';
import type { MigrationSource } from '../migration.ts';
import { keysFile, logFile } from './files.ts';
import { lockDirectory } from './lock.ts';
import { LogReader } from './log-reader.ts';
import { assertRestored } from './restore.ts';
import { openLogForReading } from './schema.ts';

const CACHE_MEBIBYTES = 16;

/**
 * Opens the log in a directory to be moved; nobody can write it meanwhile.
 * @throws {StoreLockedError} when it is being written
 * @throws {LogFormatError} when there is no log of this format
 */
export const openSqliteMigrationSource = async ({
  directory,
}: {
  readonly directory: string;
}): Promise<MigrationSource> => {
  if (!existsSync(logFile(directory))) throw new LogFormatError(`there is no event log in ${directory}`);
  const opened = new AsyncDisposableStack();
  try {
    const lock = lockDirectory(directory);
    opened.defer(() => lock.release());
    assertRestored(directory);
    const keys = openSqliteKeyTransfer({ file: keysFile(directory), readOnly: true });
    opened.defer(() => keys.close());
    const opening = openSqliteKeyStore({ file: keysFile(directory), readOnly: true });
    opened.defer(() => opening.close());
    const db = openLogForReading(logFile(directory), CACHE_MEBIBYTES);
    opened.defer(() => db.close());
    const reader = new LogReader(db, opening);
    return {
      identity: reader.identity,
      keys,
      // Positions of the embedded log have no gap.
      count: async () => reader.head(),
      readAllSealed: async (options) => reader.readAllSealed(options),
      close: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
};
