import { availableParallelism } from 'node:os';
import type { ClockDescription } from '../clock.ts';
import type { LogAccess } from '../engines/log-access.ts';
import type { Knowledge } from '../views/history.ts';
import { idBytes } from './find-customers.ts';
import type { ReplayThreadOptions } from './protocol.ts';
import { ReplayThread } from './replay-thread-handle.ts';
import { SharedProgress } from './shared-progress.ts';

export interface ReplayOptions {
  /** URL of the module that exports `createTally: CreateTally`, and what it is called with: plain data. */
  readonly module: string;
  readonly options: unknown;
  /** How much of the log is looked at. */
  readonly known: Knowledge;
}

/** How far a replay is. */
export interface ReplayProgress {
  readonly done: number;
  /** null while everybody is being found. */
  readonly total: number | null;
  readonly perSecond: number;
  readonly secondsLeft: number | null;
}

/** A replay at work. */
export interface Replay<R> {
  progress(): ReplayProgress;
  /** What the threads found, in no order; undefined once it was cancelled. Rejects when a thread fails. */
  readonly results: Promise<readonly R[] | undefined>;
  cancel(): void;
}

/** Replays the histories of all customers, in threads of their own. Nothing is written, nothing is kept. */
export interface Replays {
  start<R>(options: ReplayOptions): Replay<R>;
  /** Ends those at work. */
  close(): Promise<void>;
}

interface Parts {
  readonly access: () => LogAccess;
  readonly clock: ClockDescription;
  readonly zone: string;
}

/** Another thread takes half a second to start, in which one folds so many customers. */
const customersPerThread = 2_000;

export function createReplays({ access, clock, zone }: Parts): Replays {
  const running = new Set<{ cancel(): void; readonly ended: Promise<unknown> }>();

  return {
    start<R>({ module, options, known }: ReplayOptions): Replay<R> {
      const progress = new SharedProgress();
      const begin = (): ReplayThread<R> => {
        const threadOptions: Omit<ReplayThreadOptions, 'log'> = {
          clock,
          zone,
          module,
          options,
          known,
          progress: progress.buffer,
        };
        return new ReplayThread<R>(threadOptions, access());
      };
      let total: number | null = null;
      let foldingSince = 0;
      let endedAt: number | undefined;

      const run = async (): Promise<readonly R[] | undefined> => {
        await using threads = new AsyncDisposableStack();
        const first = threads.use(begin());
        const found = await first.find();
        if (progress.isCancelled) return undefined;
        const ids = new SharedArrayBuffer(found.length);
        new Uint8Array(ids).set(found);
        total = found.length / idBytes;
        foldingSince = performance.now();
        const others = Math.min(availableParallelism(), Math.ceil(total / customersPerThread)) - 1;
        const folding = [first, ...Array.from({ length: Math.max(0, others) }, () => threads.use(begin()))];
        try {
          const results = await Promise.all(folding.map((thread) => thread.fold(ids)));
          return progress.isCancelled ? undefined : results;
        } finally {
          // One that failed ends the others.
          progress.cancel();
        }
      };
      const results = run();
      const entry = { cancel: () => progress.cancel(), ended: results.catch(() => undefined) };
      running.add(entry);
      void entry.ended.then(() => {
        running.delete(entry);
        endedAt = performance.now();
      });

      return {
        results,
        cancel: () => progress.cancel(),
        progress() {
          const { done } = progress;
          const seconds = ((endedAt ?? performance.now()) - foldingSince) / 1_000;
          const perSecond = total === null || seconds <= 0 ? 0 : done / seconds;
          const left = total === null || perSecond === 0 ? null : (total - done) / perSecond;
          return { done, total, perSecond, secondsLeft: left };
        },
      };
    },
    async close() {
      for (const { cancel } of running) cancel();
      await Promise.all([...running].map(({ ended }) => ended));
    },
  };
}
