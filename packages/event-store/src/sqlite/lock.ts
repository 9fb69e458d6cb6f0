import { DatabaseSync } from 'node:sqlite';
import { StoreLockedError } from '../errors.ts';
import { lockFile } from './files.ts';
import { isBusy } from './sqlite-errors.ts';

/**
 * Makes the caller the one writer of a directory until it closes the result or its process ends, however it ends: the
 * operating system releases the lock, nothing can go stale. A file of its own, since an exclusive lock on the log
 * would lock its readers out.
 * @throws {StoreLockedError} when there is a writer already, in this process or another one
 */
export const lockDirectory = (directory: string): { release(): void } => {
  const db = new DatabaseSync(lockFile(directory), { timeout: 0 });
  try {
    db.exec('begin exclusive');
  } catch (cause) {
    db.close();
    if (isBusy(cause)) throw new StoreLockedError(directory, { cause });
    throw cause;
  }
  return { release: () => db.close() };
};
