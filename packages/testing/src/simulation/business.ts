import type { Channel } from '@tenure/contracts';
import { Agenda } from './agenda.ts';
import type { Sending, SimulatedFact } from './facts.ts';
import type { Random } from './random.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const weekMs = 7 * dayMs;

export function midnightOf(instant: number): number {
  return Math.floor(instant / dayMs) * dayMs;
}

/** A person whom the business knows, or will: what is special about them, and how they feel. */
export interface Customer {
  readonly number: number;
  readonly random: Random;
  readonly key: { readonly source: string; readonly key: string };
  readonly channel: Channel;
  /** 0 furious to 1 delighted, when nothing has gone wrong. */
  readonly temper: number;
  /** What went wrong and has not been put right, as it weighs on them: 0 nothing. */
  grievance: number;
  /** How many of each kind they have caused, for ids. */
  readonly counts: Map<string, number>;
}

/** The simulated business at work: an agenda of what will happen, and what has been sent at the instant it is. */
export class Business {
  readonly #agenda = new Agenda();
  #now: number;
  #sent: SimulatedFact[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  /** ms since 1970 UTC; `at` says what is due next. */
  get now(): number {
    return this.#now;
  }

  /** The same in RFC 3339. */
  get instant(): string {
    return new Date(this.#now).toISOString();
  }

  /** Lets something happen later; nothing happens in the past. */
  at(instant: number, run: () => void): void {
    this.#agenda.enter(Math.max(Math.round(instant), this.#now), run);
  }

  /** Lets something happen after a while, when people are at work: between 8 and 20 o'clock. */
  atWorkAfter(delayMs: number, run: () => void): void {
    this.at(openFrom(this.#now + delayMs), run);
  }

  send(sending: Sending): void {
    this.#sent.push({ at: this.#now, ...sending });
  }

  /** What was sent, in order, until nothing is left to do before `end` (exclusive). */
  *run(end: number): Generator<SimulatedFact, void, undefined> {
    for (let next = this.#agenda.next(); next !== undefined && next.at < end; next = this.#agenda.next()) {
      this.#now = next.at;
      next.run();
      if (this.#sent.length === 0) continue;
      yield* this.#sent;
      this.#sent = [];
    }
  }
}

/** The instant itself if somebody is there, else one in the first hour of the next opening. */
function openFrom(instant: number): number {
  const midnight = midnightOf(instant);
  const time = instant - midnight;
  if (time < 8 * hourMs) return midnight + 8 * hourMs + time / 8;
  if (time >= 20 * hourMs) return midnight + dayMs + 8 * hourMs + (time - 20 * hourMs) / 4;
  return instant;
}

/** An id for the customer's next thing of a kind; it says nothing about the others, so that more customers change none. */
export function nextId(customer: Customer, kind: string): string {
  const count = (customer.counts.get(kind) ?? 0) + 1;
  customer.counts.set(kind, count);
  return `${kind}${customer.number}-${count}`;
}

/** How a customer feels now, 0 to 1, with the chance of the moment. */
export function mood(customer: Customer): number {
  const feeling = customer.temper - customer.grievance + 0.08 * customer.random.normal();
  return Math.min(1, Math.max(0, feeling));
}
