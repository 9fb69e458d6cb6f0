import { setTimeout as delay } from 'node:timers/promises';

/** Of errors that pass when what is outside the process is there again. */
const passing: ReadonlySet<unknown> = new Set([
  'store-unavailable',
  'key-store-unavailable',
  'read-store-unavailable',
  'ECONNREFUSED',
]);

const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Opens what may not be up yet when a process starts: engines and services of a cluster start in any order.
 * @throws the last error after a minute, and at once any that does not pass
 */
export async function untilAvailable<T>(open: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await open();
    } catch (error) {
      if (!mayPass(error) || performance.now() > deadline) throw error;
    }
    await delay(pause);
  }
}

/** Whether an error is of something outside the process that may be there again. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && passing.has(error.code)) || error.name.startsWith('KafkaJS');
}
