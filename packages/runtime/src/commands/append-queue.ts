import { type AppendOutcome, type AppendUnit, type EventStore, EventTooLargeError } from '@tenure/event-store';

/** Appends of one caller, waiting to go. */
interface Waiting {
  readonly units: readonly AppendUnit[];
  resolve(outcomes: readonly AppendOutcome[]): void;
  reject(error: unknown): void;
}

export interface AppendQueue {
  /** As `EventStore.append`; calls of the same moment travel together. */
  append(units: readonly AppendUnit[]): Promise<readonly AppendOutcome[]>;
}

const MOST_UNITS = 1_000;
/** One call is being committed while the next is on its way: the writer never waits for this thread. */
const MOST_CALLS = 2;

/**
 * Puts the appends that come in one turn of the event loop, and while earlier ones are under way, into one call: a call
 * costs a message to another thread and a commit, however much is in it.
 */
export function createAppendQueue(
  store: Pick<EventStore, 'append'>,
  onAppend: (durationMs: number, units: number) => void,
): AppendQueue {
  const waiting: Waiting[] = [];
  let calls = 0;
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || waiting.length === 0 || calls >= MOST_CALLS) return;
    scheduled = true;
    setImmediate(flush);
  };

  const flush = (): void => {
    scheduled = false;
    const batch: Waiting[] = [];
    let units = 0;
    while (waiting[0] !== undefined && (batch.length === 0 || units + waiting[0].units.length <= MOST_UNITS)) {
      units += waiting[0].units.length;
      batch.push(waiting[0]);
      waiting.shift();
    }
    calls++;
    void send(batch).finally(() => {
      calls--;
      schedule();
    });
    schedule();
  };

  const send = async (batch: readonly Waiting[]): Promise<void> => {
    const units = batch.flatMap((one) => one.units);
    const startedAt = performance.now();
    try {
      const outcomes = await store.append(units);
      onAppend(performance.now() - startedAt, units.length);
      let next = 0;
      for (const one of batch) {
        one.resolve(outcomes.slice(next, next + one.units.length));
        next += one.units.length;
      }
    } catch (error) {
      const [only, ...others] = batch;
      if (others.length === 0 || !(error instanceof EventTooLargeError)) {
        for (const one of batch) one.reject(error);
      } else {
        // Nothing was written: one caller's event must not fail the others'.
        for (const one of only === undefined ? [] : [only, ...others]) await send([one]);
      }
    }
  };

  return {
    append: (units) =>
      new Promise((resolve, reject) => {
        waiting.push({ units, resolve, reject });
        schedule();
      }),
  };
}
