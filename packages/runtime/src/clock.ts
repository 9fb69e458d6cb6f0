/** What the time is. Everything takes it from one of these, so that tests, demos and replays choose it. */
export interface Clock {
  /** ms since 1970 UTC. */
  now(): number;
}

/** How to make a clock; can be sent to another thread, where it tells the same time. */
export type ClockDescription =
  | { readonly kind: 'system' }
  /** So much ahead of the machine's clock (behind it, if negative), and running. */
  | { readonly kind: 'shifted'; readonly offsetMs: number }
  /** Stands still until it is set; every thread that opens it sees it move. */
  | { readonly kind: 'manual'; readonly instant: SharedArrayBuffer };

export const systemClock: ClockDescription = { kind: 'system' };

/** A clock that shows `instant` (ms since 1970 UTC) now, and runs on from there. */
export function startingAt(instant: number): ClockDescription {
  return { kind: 'shifted', offsetMs: instant - Date.now() };
}

export function openClock(description: ClockDescription): Clock {
  switch (description.kind) {
    case 'system':
      return { now: () => Date.now() };
    case 'shifted': {
      const { offsetMs } = description;
      return { now: () => Date.now() + offsetMs };
    }
    case 'manual': {
      const cell = new BigInt64Array(description.instant);
      return { now: () => Number(Atomics.load(cell, 0)) };
    }
  }
}

/** A clock that only a test moves, in all threads at once. */
export interface ManualClock extends Clock {
  readonly description: ClockDescription;
  set(instant: number): void;
  advance(byMs: number): void;
}

/** A manual clock that shows `instant`, ms since 1970 UTC. */
export function createManualClock(instant: number): ManualClock {
  const buffer = new SharedArrayBuffer(8);
  const cell = new BigInt64Array(buffer);
  const set = (to: number): void => {
    Atomics.store(cell, 0, BigInt(Math.trunc(to)));
  };
  set(instant);
  const now = (): number => Number(Atomics.load(cell, 0));
  return { description: { kind: 'manual', instant: buffer }, now, set, advance: (byMs) => set(now() + byMs) };
}
