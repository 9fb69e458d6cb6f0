import { setTimeout as delay } from 'node:timers/promises';

const TRIES = 20;
const TRY_AGAIN_MS = 100;

/**
 * A broker may not know a new topic yet, or not lead it, nor know a group if it has just started: KafkaJS takes these
 * for final, though it calls them retriable.
 * @throws the last error after two seconds, and at once any other
 */
export async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !(error instanceof Error && 'retriable' in error && error.retriable === true)) throw error;
      await delay(TRY_AGAIN_MS);
    }
  }
}
