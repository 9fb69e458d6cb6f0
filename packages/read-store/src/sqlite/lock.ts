import { DatabaseSync } from 'node:sqlite';
import { ReadStoreError } from '../errors.ts';
import { lockFile } from './files.ts';

/**
 * Makes the caller the one writer of a version until it closes the result or its process ends, however it ends: the
 * operating system releases the lock. A file of its own, since an exclusive lock on the views would lock readers out.
 * @throws {ReadStoreError} `read-store-locked`
 */
export function lockVersion(directory: string, version: string): { release(): void } {
  const db = new DatabaseSync(lockFile(directory, version), { timeout: 0 });
  try {
    db.exec('begin exclusive');
  } catch (error) {
    db.close();
    throw locked(directory, version, error);
  }
  return { release: () => db.close() };
}

function locked(directory: string, version: string, cause: unknown): ReadStoreError {
  return new ReadStoreError('read-store-locked', `the views ${version} in ${directory} have a writer already`, cause);
}
