import type { StandingSteps } from '../customer/customer-fold.ts';

/** What reports count of a customer; each has one value at an instant, or none. */
export type StandingKind = 'stage' | 'tier' | 'satisfaction';

/** The end of what has none: the last instant that there is. In ms since 1970 UTC. */
export const never = 8_640_000_000_000_000;

/** In the world: a value from an instant (inclusive) to another (exclusive). */
export interface Span {
  readonly kind: StandingKind;
  readonly value: string;
  readonly from: number;
  readonly to: number;
  /** Tells spans apart that begin at one instant; all of them but the last end there, too. */
  readonly ordinal: number;
  /** The stage that was left for it, and when that had been entered; null for the first and for other kinds. */
  readonly previous: string | null;
  readonly previousFrom: number | null;
}

/** A span with since when it has been known. */
export interface KnownSpan extends Span {
  readonly knownFrom: number;
}

/** Names a span within what is known of a customer at one time. */
export function spanKey({ kind, from, ordinal }: Span): string {
  return `${kind}/${from}.${ordinal}`;
}

/** What is told anew: what has no value at an instant has no span there. */
export interface Told {
  readonly kinds: readonly StandingKind[];
  /** From when on. */
  readonly from: number;
  readonly steps: StandingSteps;
  /** The first fact: before it nothing was. */
  readonly since: number;
}

/** Spans once some kinds are told anew from an instant on; the other kinds stay. */
export function retold(spans: readonly Span[], { kinds, from, steps, since }: Told): readonly Span[] {
  const others = spans.filter(({ kind }) => !kinds.includes(kind));
  const told = kinds.flatMap((kind) => {
    const kept: Span[] = [];
    for (const span of spans) {
      if (span.kind !== kind || span.from >= from) continue;
      kept.push(span.to >= from ? { ...span, to: never } : span);
    }
    if (kind === 'stage' && kept.length === 0) kept.push(first(since));
    for (const { to: value, at } of steps[kind]) enter(kept, kind, value, at);
    return kept;
  });
  return [...told, ...others];
}

function first(since: number): Span {
  return { kind: 'stage', value: 'potential', from: since, to: never, ordinal: 0, previous: null, previousFrom: null };
}

function enter(spans: Span[], kind: StandingKind, value: string | null, at: number): void {
  const last = spans.at(-1);
  const left = last?.to === never ? last : undefined;
  if (last !== undefined && left !== undefined) {
    if (last.value === value) return;
    // Who buys with their first fact was never seen as potential.
    if (last.previous === null && last.from === at && kind === 'stage') spans.pop();
    else spans[spans.length - 1] = { ...last, to: at };
  }
  if (value === null) return;
  const isStage = kind === 'stage' && left !== undefined;
  spans.push({
    kind,
    value,
    from: at,
    to: never,
    ordinal: ordinalAt(spans, at),
    previous: isStage ? left.value : null,
    previousFrom: isStage ? left.from : null,
  });
}

function ordinalAt(spans: readonly Span[], at: number): number {
  const last = spans.at(-1);
  return last?.from === at ? last.ordinal + 1 : 0;
}

export function isSameSpan(left: Span, right: Span): boolean {
  return (
    left.value === right.value &&
    left.from === right.from &&
    left.to === right.to &&
    left.previous === right.previous &&
    left.previousFrom === right.previousFrom
  );
}
