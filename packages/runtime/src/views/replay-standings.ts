import { type Calendar, CustomerFold, type Fact, factsOf, noPolicies, Standings } from '@tenure/domain';
import type { Position } from '@tenure/event-store';
import { type DocumentMoves, noteMove } from './document-moves.ts';
import type { CustomerHistory } from './history.ts';
import type { PolicyMoment } from './policy-moments.ts';
import type { RecordedEvent } from './recorded-event.ts';

/** A customer's fold, and what stood for them at each moment of knowledge. */
export interface Replayed {
  readonly fold: CustomerFold;
  readonly standings: Standings;
}

/** Ids that are known to be one customer's. */
interface Part {
  readonly id: string;
  fold: CustomerFold;
  readonly standings: Standings;
  /** What is known and not folded yet. */
  readonly pending: Fact[];
  readonly moves: DocumentMoves;
}

/**
 * Tells a history again as it became known: moment by moment, under the policies that were known, links and claims from
 * when they were recorded. Who is one customer now were several before they were linked.
 */
export function replayStandings(
  history: CustomerHistory,
  moments: readonly PolicyMoment[],
  calendar: Calendar,
): Replayed {
  const replay = new Replay(history.ids, moments, calendar);
  const { events } = history;
  for (let start = 0; start < events.length; ) {
    const recordedAt = events[start]?.recordedAt ?? 0;
    let end = start + 1;
    while (events[end]?.recordedAt === recordedAt) end++;
    replay.tell(recordedAt, events.slice(start, end));
    start = end;
  }
  return replay.end(history.canonicalId);
}

class Replay {
  readonly #ids: readonly string[];
  readonly #moments: readonly PolicyMoment[];
  readonly #calendar: Calendar;
  #nextMoment = 0;
  readonly #parts = new Map<string, Part>();
  /** Facts of purchases that nobody has claimed yet, and who has, by stream. */
  readonly #unclaimed = new Map<string, Fact[]>();
  readonly #claimed = new Map<string, string>();

  constructor(ids: readonly string[], moments: readonly PolicyMoment[], calendar: Calendar) {
    this.#ids = ids;
    this.#moments = moments;
    this.#calendar = calendar;
  }

  tell(recordedAt: number, events: readonly RecordedEvent[]): void {
    this.#learnPolicies(recordedAt);
    const learned = new Map<Part, Fact[]>();
    const learn = (part: Part, facts: readonly Fact[]): void => {
      const others = learned.get(part);
      if (others === undefined) learned.set(part, [...facts]);
      else others.push(...facts);
    };
    for (const event of events) if (event.type === 'KeyLinked') this.#link(event, recordedAt, learn);
    for (const event of events) {
      const id = event.customerId ?? this.#claimed.get(event.stream);
      const facts = factsOf(event);
      if (id === undefined) this.#unclaimed.set(event.stream, [...(this.#unclaimed.get(event.stream) ?? []), ...facts]);
      else learn(this.#part(id), facts);
      if (event.type !== 'PurchaseClaimed' || event.customerId === null) continue;
      this.#claimed.set(event.stream, event.customerId);
      learn(this.#part(event.customerId), this.#unclaimed.get(event.stream) ?? []);
    }
    for (const [part, facts] of learned) {
      part.standings.settle(part.fold, recordedAt, recordedAt);
      this.#learn(part, recordedAt, facts);
    }
    for (const event of events) if (event.customerId !== null) noteAndSettle(this.#part(event.customerId), event);
  }

  end(id: string): Replayed {
    this.#learnPolicies(Number.POSITIVE_INFINITY);
    const { fold, standings, pending } = this.#part(id);
    fold.add(pending);
    return { fold, standings };
  }

  #part(id: string): Part {
    const known = this.#parts.get(id);
    if (known !== undefined) return known;
    const part: Part = {
      id,
      fold: this.#newFold(),
      standings: new Standings(id),
      pending: [],
      moves: { changedAt: '' as Position, until: 0 },
    };
    this.#parts.set(id, part);
    return part;
  }

  #newFold(): CustomerFold {
    return new CustomerFold(policiesAt(this.#moments, this.#nextMoment), this.#calendar);
  }

  #learn(part: Part, recordedAt: number, facts: readonly Fact[]): void {
    part.pending.push(...facts);
    const dated = facts.filter(({ kind }) => kind !== 'key');
    if (dated.length === 0) return;
    part.standings.learn({ recordedAt, facts: dated }, () => {
      part.fold.add(part.pending.splice(0));
      return part.fold;
    });
  }

  /** The one who was registered later becomes part of the other. */
  #link(
    event: Extract<RecordedEvent, { type: 'KeyLinked' }>,
    recordedAt: number,
    learn: (part: Part, facts: readonly Fact[]) => void,
  ): void {
    if (event.customerId === null) return;
    const linked = [this.#part(event.customerId), this.#part(event.data.otherCustomerId)];
    const [first, other] = linked.sort((left, right) => this.#ids.indexOf(left.id) - this.#ids.indexOf(right.id));
    if (first === undefined || other === undefined || first === other) return;
    learn(first, [...other.fold.keys, ...other.fold.facts, ...other.pending]);
    other.standings.settle(other.fold, recordedAt, recordedAt);
    other.standings.end(recordedAt);
    first.standings.adopt(other.standings);
    for (const [id, part] of this.#parts) if (part === other) this.#parts.set(id, first);
  }

  /** Everybody is folded anew by what is decided from then on, or, as it turns out, has always been. */
  #learnPolicies(upTo: number): void {
    for (;;) {
      const moment = this.#moments[this.#nextMoment];
      if (moment === undefined || moment.recordedAt > upTo) return;
      for (const { fold, standings } of new Set(this.#parts.values())) {
        standings.settle(fold, moment.recordedAt, moment.recordedAt);
      }
      this.#nextMoment++;
      for (const part of new Set(this.#parts.values())) {
        const facts = [...part.fold.keys, ...part.fold.facts, ...part.pending.splice(0)];
        part.fold = this.#newFold();
        this.#learn(part, moment.recordedAt, facts);
      }
    }
  }
}

function policiesAt(moments: readonly PolicyMoment[], next: number) {
  return moments[next - 1]?.policies ?? noPolicies;
}

function noteAndSettle({ moves, standings, fold }: Part, event: RecordedEvent): void {
  const before = moves.until;
  noteMove(moves, event);
  if (moves.until > before) standings.settle(fold, moves.until, event.recordedAt);
}
