import { type DatedFact, type Purchase, type Refund, totalMinor } from './facts.ts';

/** One fact at the instant it takes effect; `original` is the purchase that a matched refund gives back. */
export type Step = { at: number; fact: DatedFact; original: Purchase | null };

/**
 * One customer's facts up to an instant in the order in which they take effect. That is content order (instant,
 * purchases before refunds before the rest, source, id), but a refund dated before its purchase takes effect with it:
 * right after it, before anything else of that instant.
 */
export function storyOf(facts: readonly DatedFact[], asOf: number): Step[] {
  const known = facts.filter((fact) => fact.occurredAt <= asOf).sort(byContent);
  const steps = known.map((fact): Step => {
    const original = originalOf(fact, known);
    return { at: Math.max(fact.occurredAt, original?.occurredAt ?? fact.occurredAt), fact, original };
  });
  const early = steps.filter(({ at, fact }) => fact.occurredAt < at);
  return steps
    .filter((step) => !early.includes(step))
    .flatMap((step) => [step, ...early.filter(({ original }) => original === step.fact)]);
}

function originalOf(fact: DatedFact, known: readonly DatedFact[]): Purchase | null {
  if (fact.kind !== 'refund') return null;
  const isIt = (other: DatedFact): other is Purchase =>
    other.kind === 'purchase' && other.source === fact.source && other.id === fact.original;
  return known.find(isIt) ?? null;
}

function byContent(a: DatedFact, b: DatedFact): number {
  return (
    a.occurredAt - b.occurredAt ||
    rank(a) - rank(b) ||
    byBytes(a.source, b.source) ||
    byBytes(a.id, b.id) ||
    byBytes(a.kind, b.kind)
  );
}

function rank(fact: DatedFact): number {
  return fact.kind === 'purchase' ? 0 : fact.kind === 'refund' ? 1 : 2;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What of a purchase has not gone back after the first `length` steps; a refund in another currency gives none back. */
export function remainingMinor(story: readonly Step[], purchase: Purchase, length: number): number {
  const refunded = story
    .slice(0, length)
    .filter((step): step is Step & { fact: Refund } => step.fact.kind === 'refund' && step.original === purchase)
    .filter((step) => step.fact.currency === purchase.currency)
    .reduce((sum, step) => sum + totalMinor(step.fact), 0);
  return Math.max(0, totalMinor(purchase) - refunded);
}

/** Purchases that count as orders after the first `length` steps: above 0, and not wholly given back. */
export function countedOrders(story: readonly Step[], length = story.length): Purchase[] {
  return story
    .slice(0, length)
    .map((step) => step.fact)
    .filter((fact): fact is Purchase => fact.kind === 'purchase')
    .filter((purchase) => totalMinor(purchase) > 0 && remainingMinor(story, purchase, length) > 0);
}
