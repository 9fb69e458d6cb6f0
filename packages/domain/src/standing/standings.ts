import type { CustomerFold } from '../customer/customer-fold.ts';
import type { Fact } from '../customer/fact.ts';
import { isHeard } from '../satisfaction/bands.ts';
import { isSameSpan, type KnownSpan, never, retold, type Span, type StandingKind, spanKey } from './segments.ts';

/**
 * A rectangle in both times: in the world from `from` to `to`, known from `knownFrom` to `knownTo`; beginnings inclusive,
 * ends exclusive, in ms. It holds for all instants up to that of the knowledge. `unresolved`: whoever asks has to fold.
 */
export interface Standing extends Omit<KnownSpan, 'kind' | 'ordinal'> {
  readonly kind: KnownSpan['kind'] | 'unresolved';
  readonly knownTo: number;
}

/** A rectangle to write or, null, to remove, and which moment of knowledge did it. */
export interface StandingChange {
  readonly at: number;
  readonly standing: Standing | null;
}

/** All of it; survives being written as JSON. */
export interface StandingsState {
  /** What is known now. */
  readonly open: readonly KnownSpan[];
  /** What was known before the last moment at which facts were learned. */
  readonly before: readonly KnownSpan[];
  readonly learnedAt: number;
  /** Up to where time has passed. */
  readonly horizon: number;
  readonly lastFactAt: number;
  readonly facts: number;
  readonly credit: number;
  /** Since when it is not known what stands, and from which instant in the world on that has to be told anew. */
  readonly unresolvedFrom: number | null;
  readonly untoldFrom: number | null;
  readonly changes: readonly (readonly [string, StandingChange])[];
}

/** Facts that were learned at one moment. */
export interface Learned {
  readonly recordedAt: number;
  /** Without keys; at least one. */
  readonly facts: readonly Fact[];
}

/**
 * So many facts may be folded again for each that is learned, and at first: a long history that arrives out of order,
 * each fact at a moment of its own, has as many pasts as facts. Beyond it they stay unresolved.
 */
const creditPerFact = 8;
const firstCredit = 20_000;

const movedByTime: readonly StandingKind[] = ['stage', 'tier'];
const allKinds: readonly StandingKind[] = [...movedByTime, 'satisfaction'];

/**
 * What stood for a customer, in both times: told of each moment at which something became known, it says which
 * rectangles end and which begin. A pure function of facts and of when they were recorded, whoever tells it in which
 * portions. What is known at a moment is told up to that moment, not beyond it: what silence will bring is no rectangle
 * before it has come.
 */
export class Standings {
  readonly #customerId: string;
  #open: readonly KnownSpan[] = [];
  #before: readonly KnownSpan[] = [];
  #learnedAt = Number.NEGATIVE_INFINITY;
  #horizon = Number.NEGATIVE_INFINITY;
  #lastFactAt = Number.NEGATIVE_INFINITY;
  #facts = 0;
  #credit = firstCredit;
  #unresolvedFrom: number | null = null;
  #untoldFrom: number | null = null;
  readonly #changes: Map<string, StandingChange>;

  constructor(customerId: string, state?: StandingsState) {
    this.#customerId = customerId;
    this.#changes = new Map(state?.changes);
    if (state === undefined) return;
    this.#open = state.open;
    this.#before = state.before;
    this.#learnedAt = state.learnedAt;
    this.#horizon = state.horizon;
    this.#lastFactAt = state.lastFactAt;
    this.#facts = state.facts;
    this.#credit = state.credit;
    this.#unresolvedFrom = state.unresolvedFrom;
    this.#untoldFrom = state.untoldFrom;
  }

  /** Undefined before anything was learned. */
  get state(): StandingsState | undefined {
    if (this.#facts === 0) return undefined;
    return {
      open: this.#open,
      before: this.#before,
      learnedAt: this.#learnedAt,
      horizon: this.#horizon,
      lastFactAt: this.#lastFactAt,
      facts: this.#facts,
      credit: this.#credit,
      unresolvedFrom: this.#unresolvedFrom,
      untoldFrom: this.#untoldFrom,
      changes: [...this.#changes],
    };
  }

  /** The last moment at which facts were learned, in ms. */
  get learnedAt(): number {
    return this.#learnedAt;
  }

  /** Takes on what has changed for another, who is this customer from now on. */
  adopt(other: Standings): void {
    for (const [id, change] of other.#changes) this.#changes.set(id, change);
  }

  /** Whether nothing has changed since it was taken last. */
  get isTaken(): boolean {
    return this.#changes.size === 0;
  }

  /** What has changed since it was taken last, by id, as far as a moment or a later one did it. */
  take(since: number): ReadonlyMap<string, Standing | null> {
    const taken = new Map<string, Standing | null>();
    for (const [id, { at, standing }] of this.#changes) if (at >= since) taken.set(id, standing);
    this.#changes.clear();
    return taken;
  }

  /**
   * Lets time pass up to an instant, before what became known at a moment is folded.
   * @param fold of what was known until then
   * @param at the moment
   */
  settle(fold: CustomerFold, until: number, at: number): void {
    if (this.#facts === 0 || this.#unresolvedFrom !== null || until <= this.#horizon) return;
    const from = this.#horizon;
    this.#horizon = until;
    if ((fold.nextStandingChangeAt ?? Number.POSITIVE_INFINITY) > until) return;
    const known = new Map(this.#open.map((span) => [spanKey(span), span]));
    const spans = retold(this.#open, {
      kinds: movedByTime,
      from,
      steps: fold.standingSteps(from, until, false),
      since: fold.facts[0]?.at ?? from,
    });
    this.#open = spans.map((span) => ({ ...span, knownFrom: known.get(spanKey(span))?.knownFrom ?? this.#learnedAt }));
    for (const span of this.#open) {
      const before = known.get(spanKey(span));
      if (before === undefined || !isSameSpan(before, span)) this.#put(span, at);
    }
  }

  /**
   * Takes in what became known at a moment, none earlier than the one before.
   * @param fold with these facts
   * @returns whether it was told what stands now; else the fold is not looked at
   */
  learn({ recordedAt, facts }: Learned, fold: () => CustomerFold): boolean {
    const firstAt = facts.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
    const isLate = firstAt < this.#lastFactAt;
    const isBehind = this.#untoldFrom !== null;
    this.#facts += facts.length;
    this.#credit += creditPerFact * facts.length;
    this.#lastFactAt = facts.reduce((last, { at }) => Math.max(last, at), this.#lastFactAt);
    this.#untoldFrom = Math.min(this.#untoldFrom ?? firstAt, firstAt);
    const cost = isLate || isBehind ? this.#facts : 0;
    this.#begin(recordedAt);
    if (cost > this.#credit) {
      this.#unresolve(recordedAt);
      return false;
    }
    this.#credit -= cost;
    const known = fold();
    const from = Math.min(this.#untoldFrom, this.#horizon);
    this.#untoldFrom = null;
    this.#horizon = Math.max(this.#horizon, recordedAt, this.#lastFactAt);
    const withBands = isBehind || facts.some(isHeard);
    const steps = known.standingSteps(from, this.#horizon, withBands);
    // Most orders change nothing: nothing began or ended from there on, and nothing does now.
    const isUnmoved = !withBands && steps.stage.length === 0 && steps.tier.length === 0;
    if (!isUnmoved || this.#open.length === 0 || this.#open.some((span) => isTouched(span, from))) {
      const kinds = withBands ? allKinds : movedByTime;
      this.#know(retold(this.#open, { kinds, from, steps, since: known.facts[0]?.at ?? from }), recordedAt);
    }
    if (known.hasEarlyRefunds) this.#unresolve(recordedAt);
    else this.#resolve(recordedAt);
    return true;
  }

  /** Nobody is this customer any more: from a moment on they are part of another. */
  end(recordedAt: number): void {
    this.#begin(recordedAt);
    this.#know([], recordedAt);
    this.#resolve(recordedAt);
  }

  #begin(moment: number): void {
    if (moment > this.#learnedAt) this.#before = this.#open;
    this.#learnedAt = moment;
  }

  /** What is known from a moment on, against what was known before it. */
  #know(spans: readonly Span[], at: number): void {
    const earlier = new Map(this.#open.map((span) => [idOf(this.#customerId, span), span]));
    const isAgain = this.#before !== this.#open;
    const before = new Map(this.#before.map((span) => [spanKey(span), span]));
    const open: KnownSpan[] = [];
    for (const span of spans) {
      const old = before.get(spanKey(span));
      const isKept = old !== undefined && (isSameSpan(old, span) || isSameUpTo(old, span, at));
      const known = { ...span, knownFrom: isKept ? old.knownFrom : at };
      open.push(known);
      if (isKept) before.delete(spanKey(span));
      if (isAgain || !isKept || !isSameSpan(old, span)) this.#put(known, at);
      earlier.delete(idOf(this.#customerId, known));
    }
    for (const old of before.values()) {
      earlier.delete(idOf(this.#customerId, old));
      // What was to come has not been anywhere yet.
      if (old.from >= at) this.#changes.set(idOf(this.#customerId, old), { at, standing: null });
      else this.#put(old, at, at);
    }
    for (const id of earlier.keys()) this.#changes.set(id, { at, standing: null });
    this.#open = open;
  }

  #unresolve(at: number): void {
    if (this.#unresolvedFrom !== null) return;
    this.#unresolvedFrom = at;
    this.#putUnresolved(at, at, never);
  }

  #resolve(at: number): void {
    if (this.#unresolvedFrom === null) return;
    this.#putUnresolved(at, this.#unresolvedFrom, at);
    this.#unresolvedFrom = null;
  }

  #putUnresolved(at: number, knownFrom: number, knownTo: number): void {
    const span = { kind: 'unresolved', value: '', from: 0, to: never, previous: null, previousFrom: null } as const;
    const standing = knownFrom === knownTo ? null : { ...span, knownFrom, knownTo };
    this.#changes.set(`${this.#customerId}/unresolved/${knownFrom}`, { at, standing });
  }

  #put(span: KnownSpan, at: number, knownTo = never): void {
    const { ordinal: _, ...rest } = span;
    this.#changes.set(idOf(this.#customerId, span), { at, standing: { ...rest, knownTo } });
  }
}

/** Whether it begins or ends from an instant on. */
function isTouched({ from, to }: Span, instant: number): boolean {
  return from >= instant || (to >= instant && to !== never);
}

/** The same as far as a moment could see. */
function isSameUpTo(old: Span, span: Span, at: number): boolean {
  return isSameSpan({ ...old, to: span.to }, span) && Math.min(old.to, span.to) >= at;
}

function idOf(customerId: string, span: KnownSpan): string {
  return `${customerId}/${spanKey(span)}/${span.knownFrom}`;
}
