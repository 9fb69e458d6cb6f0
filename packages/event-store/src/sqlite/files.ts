import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** The files of an embedded log, all in one directory. Views beside them have names of their own. */
export const logFile = (directory: string): string => join(directory, 'events.db');
export const keysFile = (directory: string): string => join(directory, 'keys.db');
export const lockFile = (directory: string): string => join(directory, 'writer.lock');
/** The secret that customer ids and stream hashes are made with, in hex; written by whoever makes them. */
export const idKeyFile = (directory: string): string => join(directory, 'id.key');
/** What a restore that was cut off leaves behind; no log starts beside it. */
export const unfinishedRestoreFile = (directory: string): string => join(directory, 'restore.unfinished');

/** Of a file, its content; of a directory, the names in it. Not for a database that is open: closing drops its locks. */
export const syncToDisk = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
