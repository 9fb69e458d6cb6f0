const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether SQLite gave up on a lock that another connection holds. */
export const isBusy = (error: unknown): boolean => primaryCode(error) === SQLITE_BUSY;

/** Whether a file is no database, or a broken one. */
export const isDamaged = (error: unknown): boolean => [SQLITE_CORRUPT, SQLITE_NOTADB].includes(primaryCode(error) ?? 0);

/** The low byte of SQLite's extended result code. */
const primaryCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
