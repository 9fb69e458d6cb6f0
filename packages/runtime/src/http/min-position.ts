import type { EventStore } from '@tenure/event-store';
import type { Views } from '../views/start-views.ts';
import { Problem } from './problem.ts';

const PATIENCE_MS = 5_000;

/**
 * Waits for the position that `Tenure-Min-Position` names.
 * @throws {Problem} `position-unknown` if the store has no such position, `view-behind` after 5 s
 */
export function createPositionWait(
  store: Pick<EventStore, 'checkpointAt'>,
  views: Pick<Views, 'position' | 'reached'>,
  patienceMs: number = PATIENCE_MS,
): (position: string, signal: AbortSignal) => Promise<void> {
  return async (position, signal) => {
    // What the views have is in the log, so the usual case needs no look into it.
    if (views.position !== null && views.position.length === position.length && position <= views.position) return;
    if ((await store.checkpointAt(position)) === undefined) {
      throw new Problem('position-unknown', 'The store has no such position', {
        errors: [{ pointer: '/Tenure-Min-Position', detail: 'is none of this store (in the headers)' }],
      });
    }
    const patience = AbortSignal.timeout(patienceMs);
    const isThere = await views.reached(position, AbortSignal.any([signal, patience])).then(
      () => true,
      (error: unknown) => {
        if (patience.aborted) return false;
        throw error;
      },
    );
    if (!isThere) throw new Problem('view-behind', 'The view has not reached the position yet; ask again');
  };
}
