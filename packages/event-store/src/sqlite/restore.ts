import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LogFormatError } from '../errors.ts';
import type { LogIdentity } from '../port.ts';
import { idKeyFile, keysFile, logFile, syncToDisk, unfinishedRestoreFile } from './files.ts';
import { lockDirectory } from './lock.ts';
import { openLogForReading, readIdentity } from './schema.ts';

export interface RestoreReport {
  /** Of the restored log: the backup's, in a new epoch. */
  readonly identity: LogIdentity;
  /** Where the log that was in the directory has been put; undefined if there was none. */
  readonly setAside: string | undefined;
}

export interface RestoreOptions {
  readonly backup: string;
  readonly directory: string;
  readonly now?: () => number;
}

/**
 * Puts a backup in place as a log of its own epoch: views that have seen more than it holds stand on the old epoch, so
 * they notice and are rebuilt. A log that is in the directory already is set aside, other files stay as they are.
 * A key that was destroyed after the backup was taken is back, and has to be destroyed again.
 * @throws {StoreLockedError} when the directory's log is being written
 * @throws {LogFormatError} when the backup is none, or damaged; nothing has changed then
 */
export const restoreLog = ({ backup, directory, now = Date.now }: RestoreOptions): RestoreReport => {
  checkBackup(backup);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(directory);
  try {
    writeFileSync(unfinishedRestoreFile(directory), '');
    syncToDisk(directory);
    const setAside = putAside(directory);
    for (const file of [logFile, keysFile, idKeyFile])
      if (existsSync(file(backup))) copyFileSync(file(backup), file(directory));
    const identity = startEpoch(logFile(directory), now);
    for (const file of [logFile, keysFile, idKeyFile]) if (existsSync(file(directory))) syncToDisk(file(directory));
    syncToDisk(directory);
    rmSync(unfinishedRestoreFile(directory));
    syncToDisk(directory);
    return { identity, setAside };
  } finally {
    lock.release();
  }
};

/** @throws {LogFormatError} when a restore into the directory was cut off */
export const assertRestored = (directory: string): void => {
  if (existsSync(unfinishedRestoreFile(directory)))
    throw new LogFormatError(`a restore into ${directory} was cut off: run it again`);
};

const checkBackup = (backup: string): void => {
  for (const file of [logFile(backup), keysFile(backup)])
    if (!existsSync(file)) throw new LogFormatError(`${backup} is no backup: it has no ${basename(file)}`);
  for (const file of [logFile(backup), keysFile(backup)]) {
    const damage = damageOf(file);
    if (damage !== undefined) throw new LogFormatError(`${file} is damaged: ${damage}`);
  }
  openLogForReading(logFile(backup), 1).close();
};

const damageOf = (file: string): string | undefined => {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const check = String(db.prepare('pragma quick_check(1)').get()?.quick_check);
    return check === 'ok' ? undefined : check;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    db.close();
  }
};

/** With their write-ahead logs, which must not be taken for those of the files that come in their place. */
const putAside = (directory: string): string | undefined => {
  const present = [logFile(directory), keysFile(directory), idKeyFile(directory)]
    .flatMap((file) => [file, `${file}-wal`, `${file}-shm`])
    .filter((file) => existsSync(file));
  if (present.length === 0) return undefined;
  let number = 1;
  while (existsSync(join(directory, `replaced-${number}`))) number++;
  const setAside = join(directory, `replaced-${number}`);
  mkdirSync(setAside, { mode: 0o700 });
  for (const file of present) renameSync(file, join(setAside, basename(file)));
  return setAside;
};

/**
 * Epochs of restored logs are the second of the restore, or one more than the backup's if that is later: the same
 * backup restored twice begins two epochs, though the second cannot know of the first.
 */
const startEpoch = (file: string, now: () => number): LogIdentity => {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    const epoch = Math.max(readIdentity(db).epoch + 1, Math.floor(now() / 1000));
    db.prepare(`update meta set value = ? where name = 'epoch'`).run(epoch);
    return readIdentity(db);
  } finally {
    db.close();
  }
};
