import { join } from 'node:path';

/** The files of an embedded log, all in one directory. Views beside them have names of their own. */
export const logFile = (directory: string): string => join(directory, 'events.db');
export const keysFile = (directory: string): string => join(directory, 'keys.db');
export const lockFile = (directory: string): string => join(directory, 'writer.lock');
/** The secret that customer ids and stream hashes are made with, in hex; written by whoever makes them. */
export const idKeyFile = (directory: string): string => join(directory, 'id.key');
