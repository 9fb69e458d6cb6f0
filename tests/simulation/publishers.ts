import type { FactLine } from '@tenure/contracts';
import type { StoredEvent } from '@tenure/event-store';
import { idOfStream } from '@tenure/runtime';
import type { Random } from '@tenure/testing/simulator';
import fc from 'fast-check';
import type { Fact } from '../oracle/index.ts';
import { historyDrafts, historyOf } from '../properties/histories.ts';
import { type Arrival, factTypeOf, type Key } from '../support/arrivals.ts';
import { factNames } from '../support/log-checks.ts';
import { nameOf } from '../support/publisher.ts';
import type { LineAnswer } from './embedded.ts';
import { ids } from './embedded.ts';
import { chanceOf, type Plan, type Trouble } from './plan.ts';

/** Something that a publisher sends until it is answered for good. */
export interface Item {
  readonly number: number;
  readonly arrival: Arrival;
  /** How long after the one before it. */
  readonly waitMs: number;
  /** The import session that it comes with. */
  readonly session: string | undefined;
  /** Sent once more, after this was acknowledged: as it was, or with other content. */
  readonly again?: { readonly of: Item; readonly as: 'repeat' | 'contradiction' };
  /** Ids of the requests that it was sent with. */
  readonly requests: string[];
  answer?: Answered;
}

type Answered = { readonly status: number } & Partial<LineAnswer>;

interface Person {
  readonly keys: readonly Key[];
  readonly queue: Item[];
  /** Sent and not answered. */
  underway: number;
  /** Whether the next is sent only when the last was answered. */
  readonly patient: boolean;
}

/** What systems and people outside send about a few customers, each in an order of their own. */
export class Publishers {
  readonly #random: Random;
  readonly #trouble: ReadonlySet<Trouble>;
  readonly #people: Person[] = [];
  readonly #underway = new Map<Item, Person>();
  readonly items: Item[] = [];
  #left: number;

  constructor(plan: Plan, trouble: ReadonlySet<Trouble>, start: number) {
    this.#random = chanceOf(plan, 'people');
    this.#trouble = trouble;
    this.#left = plan.arrivals;
    const random = this.#random;
    const count = 1 + random.below(4);
    const drawn = fc.sample(historyDrafts(14), { seed: plan.seed, numRuns: count });
    for (const [number, draft] of drawn.entries()) {
      const spread = { ...draft.spread, inOrder: !trouble.has('late') || random.chance(0.6) };
      const later = start + random.below(200) * 86_400_000;
      const { keys, arrivals } = historyOf({ ...draft, spread }, `p${number}`, later);
      const session = trouble.has('session') && random.chance(0.5) ? `session-${number}` : undefined;
      const person: Person = { keys, queue: [], underway: 0, patient: session !== undefined || random.chance(0.7) };
      this.#people.push(person);
      for (const arrival of inSession(arrivals, session)) this.#enqueue(person, arrival, session);
    }
  }

  get keys(): readonly Key[] {
    return this.#people.flatMap(({ keys }) => keys);
  }

  /** Whether somebody has something to send now. */
  get canSend(): boolean {
    return this.#left > 0 && this.#ready().length > 0;
  }

  get underway(): number {
    return this.#underway.size;
  }

  /** How many have been sent for the first time. */
  get sent(): number {
    return this.items.filter(({ requests, again }) => requests.length > 0 && again === undefined).length;
  }

  /** What is sent next: one thing, or facts that travel together. */
  next(): readonly Item[] {
    const person = this.#random.pick(this.#ready());
    const [first] = person.queue;
    if (first === undefined) return [];
    const mayTravel = factTypeOf(first.arrival) !== undefined;
    const isBatch = mayTravel && (first.session !== undefined || this.#random.chance(0.3));
    const most = isBatch ? 1 + this.#random.below(5) : 1;
    const taken: Item[] = [];
    while (taken.length < most && this.#left > 0) {
      const item = person.queue[0];
      if (item === undefined || (isBatch && factTypeOf(item.arrival) === undefined)) break;
      if (item.requests.length === 0) this.#left--;
      person.queue.shift();
      person.underway++;
      this.#underway.set(item, person);
      taken.push(item);
    }
    return taken;
  }

  answered(item: Item, answer: Answered): void {
    const person = this.#underway.get(item);
    if (person === undefined) return;
    this.#underway.delete(item);
    person.underway--;
    if (answer.status === 503) {
      person.queue.unshift(item);
      return;
    }
    item.answer = answer;
    if (item.again === undefined && answer.status < 300) this.#sendAgain(person, item);
  }

  /** Nobody answers any more what is under way; in doubt it is sent again. */
  unanswered(): void {
    for (const [item, person] of [...this.#underway].reverse()) {
      person.queue.unshift(item);
      person.underway--;
    }
    this.#underway.clear();
  }

  /** What was made known, in the oracle's words: facts that the log has, and all else that left an event behind. */
  told(events: readonly StoredEvent[]): readonly Fact[] {
    const written = writtenBy(events);
    const facts = new Set(factNames(events));
    const isKnown = ({ arrival, requests }: Item): boolean => {
      const type = factTypeOf(arrival);
      if (type === undefined) return requests.some((request) => written.has(request));
      return facts.has(nameOf({ type, ...Object(arrival.call.body) }));
    };
    return this.items.filter(isKnown).flatMap(({ arrival }) => arrival.told);
  }

  #ready(): readonly Person[] {
    return this.#people.filter(({ queue, underway, patient }) => queue.length > 0 && (underway === 0 || !patient));
  }

  #enqueue(person: Person, arrival: Arrival & { readonly waitMs: number }, session: string | undefined): void {
    const item: Item = { number: this.items.length, arrival, waitMs: arrival.waitMs, session, requests: [] };
    this.items.push(item);
    person.queue.push(item);
  }

  #sendAgain(person: Person, item: Item): void {
    if (factTypeOf(item.arrival) === undefined) return;
    const random = this.#random;
    const isRepeat = this.#trouble.has('repeat') && random.chance(0.15);
    const contradicts = !isRepeat && this.#trouble.has('contradiction') && random.chance(0.1);
    if (!isRepeat && !contradicts) return;
    const arrival = contradicts ? contradicted(item.arrival) : item.arrival;
    if (arrival === undefined) return;
    const again = { of: item, as: contradicts ? ('contradiction' as const) : ('repeat' as const) };
    const copy: Item = { ...item, number: this.items.length, arrival, waitMs: 0, again, requests: [] };
    delete copy.answer;
    this.items.push(copy);
    this.#left++;
    person.queue.splice(random.below(person.queue.length + 1), 0, copy);
  }
}

/** Requests that left more behind than a note of a conflict. */
export function writtenBy(events: readonly StoredEvent[]): ReadonlySet<string> {
  return new Set(
    events.filter(({ type }) => type !== 'FactConflictDetected').map(({ metadata }) => metadata.causationId),
  );
}

/** Between the opening and the closing of a session, which takes the facts with it. */
function inSession<A extends Arrival & { readonly waitMs: number }>(
  arrivals: readonly A[],
  session: string | undefined,
): readonly (Arrival & { readonly waitMs: number })[] {
  if (session === undefined) return arrivals;
  const common = { at: null, registers: [], told: [], waitMs: 0 };
  const open = { operationId: 'startImport', body: { name: session, fingerprint: session } };
  const close = { operationId: 'closeImport', params: { id: sessionId(session) } };
  return [{ ...common, call: open }, ...arrivals, { ...common, call: close }];
}

export function sessionId(session: string): string {
  return idOfStream(ids.stream('import', session));
}

/** The same fact with another amount; undefined for one that has none. */
function contradicted(arrival: Arrival): Arrival | undefined {
  const body = arrival.call.body as Partial<Extract<FactLine, { type: 'purchase' | 'refund' }>>;
  const [line] = body.lines ?? [];
  if (line === undefined) return undefined;
  const lines = [{ ...line, amountMinor: line.amountMinor + 1 }];
  return { ...arrival, call: { ...arrival.call, body: { ...body, lines } }, told: [] };
}
