import { randomUUID } from 'node:crypto';
import type { Checkpoint, LogIdentity } from '../port.ts';
import type { CustomerIndex, CustomerIndexFault, IndexState } from './customer-index.ts';
import { Backoff, pause } from './failures.ts';
import type { HeadWatcher } from './head-watcher.ts';
import type { LogReads } from './log-reads.ts';
import { BEGINNING } from './position.ts';

export interface MaintainerOptions {
  readonly identity: LogIdentity;
  readonly reads: LogReads;
  readonly watcher: HeadWatcher;
  readonly index: CustomerIndex;
  readonly signal: AbortSignal;
  readonly onFault: (fault: CustomerIndexFault) => void;
}

const PAGE = 1_000;
/** How often the maintainer gives a sign of life, and the others look for one. */
const HOLD_MS = 1_000;

/** Keeps the index up with the log while it is this process's turn. Resolves when the signal aborts. Never rejects. */
export const maintainCustomerIndex = async (options: MaintainerOptions): Promise<void> => {
  const { index, signal } = options;
  const onError = (error: unknown): void => options.onFault({ kind: 'maintenance', error });
  const me = randomUUID();
  const backoff = new Backoff();
  while (!signal.aborted) {
    try {
      if (await index.hold(me)) await follow(options, me);
      else await pause(HOLD_MS, signal);
      backoff.reset();
    } catch (error) {
      if (signal.aborted) break;
      onError(error);
      await backoff.pause(signal);
    }
  }
  await index.release(me).catch(onError);
};

/** Returns when the index is another's to maintain, or begun anew by another. */
const follow = async ({ identity, reads, watcher, index, signal }: MaintainerOptions, me: string): Promise<void> => {
  let held = performance.now();
  let state = await continueOrBegin(identity, reads, index);
  while (state && !signal.aborted) {
    if (performance.now() - held >= HOLD_MS) {
      // Where nothing is recorded, nothing else tells that it was begun anew.
      if (!(await index.hold(me)) || (await index.state())?.generation !== state.generation) return;
      held = performance.now();
    }
    const seen = watcher.changes;
    const page = await reads.readAll({ after: state.checkpoint.position, limit: PAGE });
    const last = page.at(-1);
    if (last) {
      state = await index.record(state, page, { ...identity, position: last.position, eventId: last.id });
    } else {
      await watcher.changed(seen, signal);
    }
  }
};

/** The state to go on from: that of the index if it is this log's, else of one begun anew. */
const continueOrBegin = async (
  identity: LogIdentity,
  reads: LogReads,
  index: CustomerIndex,
): Promise<IndexState | undefined> => {
  const state = await index.state();
  if (state && (await isOf(state.checkpoint, identity, reads))) return state;
  return index.begin(state, { ...identity, position: BEGINNING, eventId: null });
};

const isOf = async (
  { logId, epoch, position, eventId }: Checkpoint,
  identity: LogIdentity,
  reads: LogReads,
): Promise<boolean> => {
  if (logId !== identity.logId || epoch !== identity.epoch) return false;
  return eventId === null ? position === BEGINNING : (await reads.at(position))?.id === eventId;
};
