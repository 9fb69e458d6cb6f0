const SQLITE_BUSY = 5;

/** Whether SQLite gave up on a lock that another connection holds. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  // The low byte is the primary result code.
  (error.errcode & 0xff) === SQLITE_BUSY;
