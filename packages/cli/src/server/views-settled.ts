import type { RunningProcess } from '@tenure/runtime';
import { CommandFailedError } from '../errors.ts';

const lookEveryMs = 250;

/**
 * Resolves once the views show all that is in the log now, with the log's position.
 * @throws CommandFailedError when they cannot go on
 */
export async function viewsSettled({ store, views }: RunningProcess['context']): Promise<string | null> {
  const head = await store.head();
  while (head !== null) {
    const signal = AbortSignal.timeout(lookEveryMs);
    const reached = await views.reached(head, signal).then(
      () => true,
      (error: unknown) => {
        if (!signal.aborted) throw error;
        return false;
      },
    );
    if (reached) break;
    if (views.failure !== undefined) throw new CommandFailedError(`The views cannot go on: ${views.failure}`);
  }
  return head;
}
