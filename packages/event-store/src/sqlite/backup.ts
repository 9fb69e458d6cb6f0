import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BackupTargetError, LogFormatError } from '../errors.ts';
import type { LogIdentity } from '../port.ts';
import { idKeyFile, keysFile, logFile, syncToDisk } from './files.ts';
import { openLogForReading, readIdentity } from './schema.ts';

export interface BackupReport {
  readonly identity: LogIdentity;
  /** How many events it holds. */
  readonly events: number;
}

export interface BackupOptions {
  readonly directory: string;
  /** A directory that does not exist yet. */
  readonly target: string;
  /** Called when a part has been copied. */
  readonly onCopied?: (part: 'log' | 'keys') => void;
}

const CACHE_MEBIBYTES = 32;

/**
 * Copies a log, its keys and its id key into a new directory, while the log is written by whatever thread or process.
 * Takes seconds for a large log, and blocks its thread. The target appears whole or not at all.
 * @throws {LogFormatError} when there is no log in `directory`
 * @throws {BackupTargetError} when `target` exists
 */
export const backupLog = ({ directory, target, onCopied }: BackupOptions): BackupReport => {
  if (!existsSync(logFile(directory))) throw new LogFormatError(`there is no event log in ${directory}`);
  if (existsSync(target)) throw new BackupTargetError(target);
  const partial = `${resolve(target)}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  // The log first: a key is durable before the first event that needs it, so keys copied later hold all that the copied
  // log needs. The other way round, an event sealed in between would be lost. A key destroyed in between is missing,
  // as it should be.
  const report = copyLog(directory, partial);
  onCopied?.('log');
  copyDatabase(new DatabaseSync(keysFile(directory), { readOnly: true, timeout: 5_000 }), keysFile(partial));
  onCopied?.('keys');
  if (existsSync(idKeyFile(directory))) copyFileSync(idKeyFile(directory), idKeyFile(partial));
  for (const file of [logFile(partial), keysFile(partial), idKeyFile(partial)]) if (existsSync(file)) syncToDisk(file);
  syncToDisk(partial);
  renameSync(partial, target);
  syncToDisk(dirname(resolve(target)));
  return report;
};

const copyLog = (directory: string, target: string): BackupReport => {
  copyDatabase(openLogForReading(logFile(directory), CACHE_MEBIBYTES), logFile(target));
  const copy = openLogForReading(logFile(target), CACHE_MEBIBYTES);
  try {
    const events = copy.prepare('select max(position) as events from events').get()?.events;
    return { identity: readIdentity(copy), events: Number(events ?? 0) };
  } finally {
    copy.close();
  }
};

/** One read transaction: a state of the database as of one instant, however it is written meanwhile. */
const copyDatabase = (db: DatabaseSync, target: string): void => {
  try {
    db.prepare('vacuum into ?').run(target);
  } finally {
    db.close();
  }
};
