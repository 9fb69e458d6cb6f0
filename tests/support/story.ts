import { type SimulatedFact, simulate } from '@tenure/testing';

const dayMs = 86_400_000;
const opening = Date.UTC(2024, 0, 1);

export interface Story {
  /** Facts of one half of the customers, in the order in which they were sent. */
  readonly bulk: readonly SimulatedFact[];
  /** Everything of the other half: registrations and actions too. The halves share nobody. */
  readonly live: readonly SimulatedFact[];
  /** When it is over, ms since 1970 UTC. */
  readonly end: number;
}

/** What a simulated business sends, in two parts that can be published side by side. */
export function storyOf({
  seed,
  customers,
  days,
}: {
  readonly seed: number;
  readonly customers: number;
  readonly days: number;
}): Story {
  const sends = [...simulate({ seed, start: opening, customers, days })];
  return {
    bulk: sends.filter((send) => send.kind === 'fact' && customerNumber(send) % 2 === 0),
    live: sends.filter((send) => customerNumber(send) % 2 === 1),
    end: opening + days * dayMs,
  };
}

/** All that a simulated customer has or does is numbered as they are. */
function customerNumber(send: SimulatedFact): number {
  const number = /"(?:\w+Id|id|key)":"[A-Za-z]+0*(\d+)/.exec(JSON.stringify(send))?.[1];
  if (number === undefined) throw new Error(`whose is it? ${JSON.stringify(send)}`);
  return Number(number);
}
