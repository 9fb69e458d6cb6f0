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

/** Lets a business live: moves the clock on and publishes what has become due, until nothing is left or it is told to stop. */
export async function play({ facts, publisher, start, setClock, tick, signal }: PlayOptions): Promise<void> {
  let now = start;
  let next = facts.next();
  while (next.done !== true && !signal.aborted) {
    now += await tick();
    setClock(now);
    const due: SimulatedFact[] = [];
    while (next.done !== true && next.value.at <= now) {
      due.push(next.value);
      next = facts.next();
    }
    await publisher.publish(due);
  }
}
