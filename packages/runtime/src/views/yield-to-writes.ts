import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** As for programs that run in the background: a few hundredths of a core when somebody else wants all of it. */
const niceness = 15;

/**
 * Lets the threads that take what is published go first when there is not enough for all: views may lag, an accepted fact
 * may not. On Linux a thread has a priority of its own; elsewhere all stay equal.
 */
export function yieldToWrites(): void {
  if (process.platform !== 'linux') return;
  setPriority(Number(basename(readlinkSync('/proc/thread-self'))), niceness);
}
