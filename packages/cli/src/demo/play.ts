import type { SimulatedFact } from '@tenure/testing';
import type { Publisher } from './publisher.ts';

export interface PlayOptions {
  readonly facts: Iterator<SimulatedFact, void>;
  readonly publisher: Publisher;
  /** Business time at the beginning, ms since 1970 UTC. */
  readonly start: number;
  /** Sets the service's clock. */
  readonly setClock: (instant: number) => void;
  /** Lets a little time pass, and tells how much business time that was, in ms. */
  readonly tick: () => Promise<number>;
  readonly signal: AbortSignal;
}

// What is sent together is this close, so that the clock never tells that something was forgotten that is on its way.
const togetherMs = 3_600_000;

/** Lets a business live: moves the clock on and publishes what has become due, until nothing is left or it is told to stop. */
export async function play({ facts, publisher, start, setClock, tick, signal }: PlayOptions): Promise<void> {
  let now = start;
  let next = facts.next();
  while (next.done !== true && !signal.aborted) {
    now += await tick();
    while (next.done !== true && next.value.at <= now && !signal.aborted) {
      const until = Math.min(now, next.value.at + togetherMs);
      const due: SimulatedFact[] = [];
      while (next.done !== true && next.value.at <= until) {
        due.push(next.value);
        next = facts.next();
      }
      setClock(due.at(-1)?.at ?? until);
      await publisher.publish(due);
    }
    setClock(now);
  }
}
