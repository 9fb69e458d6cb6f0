import type { Fact as ProductFact } from '@tenure/domain';
import fc from 'fast-check';
import type { DatedFact, Fact } from '../oracle/index.ts';

const dayMs = 86_400_000;
const customer = 'ann';

/** Noon of a day of these histories; day 0 is 2010-01-01. */
export const noon = (day: number): number => Date.UTC(2010, 0, 1, 12) + day * dayMs;

// Days that are close enough for stages to follow each other, and far enough for lots to expire. Instants coincide, and
// fall just before and after midnight in the zones that are looked at.
const day = fc.oneof(
  fc.integer({ max: 3, min: 0 }),
  fc.integer({ max: 120, min: 0 }),
  fc.integer({ max: 1200, min: 0 }),
);
const offset = fc.constantFrom(0, 0, 0, 1, 43_200_000, -43_200_001, 5 * 3_600_000, 11 * 3_600_000 - 1, -7 * 3_600_000);
const instant = fc.tuple(day, offset).map(([number, ms]) => noon(number) + ms);
const amount = fc.oneof(
  fc.integer({ max: 2_000, min: -50 }),
  fc.integer({ max: 120_000, min: 0 }),
  fc.constantFrom(1_000, 10_000, 50_000, 200_000),
);
const currency = fc.constantFrom('GBP', 'GBP', 'GBP', 'GBP', 'USD', 'JPY');
const source = fc.constantFrom('shop', 'till');
const scales = { csat: [1, 5], nps: [0, 10], ces: [1, 7] } as const;

const drafts = {
  purchase: fc.record({ kind: fc.constant('purchase' as const), at: instant, source, currency, minor: amount }),
  refund: fc.record({
    kind: fc.constant('refund' as const),
    at: instant,
    source,
    currency,
    minor: amount.map((minor) => Math.abs(minor) + 1),
    /** Which of the facts it names; one that is no purchase, or null, leaves it unmatched. */
    of: fc.option(fc.nat(8), { nil: null }),
    /** How the refund and the purchase that it names go together. */
    fits: fc.constantFrom('wholly', 'in-part', 'in-part', 'as-drawn'),
    /** Days after its purchase; null: whenever it was drawn, before it too. */
    later: fc.option(fc.nat(50), { nil: null }),
  }),
  survey: fc.constantFrom('csat' as const, 'nps' as const, 'ces' as const).chain((scale) =>
    fc.record({
      kind: fc.constant('survey' as const),
      at: instant,
      scale: fc.constant(scale),
      score: fc.integer({ min: scales[scale][0], max: scales[scale][1] }),
    }),
  ),
  complaint: fc.record({
    kind: fc.constant('complaint' as const),
    at: instant,
    /** Days until somebody follows it up, and what the customer says then. */
    followUp: fc.option(fc.record({ after: fc.nat(60), satisfaction: fc.integer({ min: 1, max: 5 }) }), { nil: null }),
  }),
  'key-account': fc.record({ kind: fc.constant('key-account' as const), at: instant, key: fc.boolean() }),
  other: fc.record({ kind: fc.constant('other' as const), at: instant }),
};
type Draft = {
  [K in keyof typeof drafts]: (typeof drafts)[K] extends fc.Arbitrary<infer D> ? D : never;
}[keyof typeof drafts];

const draft: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 12, arbitrary: drafts.purchase },
  { weight: 8, arbitrary: drafts.refund },
  { weight: 2, arbitrary: drafts.survey },
  { weight: 2, arbitrary: drafts.complaint },
  { weight: 1, arbitrary: drafts['key-account'] },
  { weight: 1, arbitrary: drafts.other },
);

/** Facts of one customer, as the oracle is told them; ids are indices, so that they can be shrunk. */
export const toldFacts: fc.Arbitrary<readonly DatedFact[]> = fc
  .tuple(fc.array(drafts.purchase, { maxLength: 4 }), fc.array(draft, { minLength: 1, maxLength: 18 }))
  .map(([first, rest]) => [...first, ...rest].flatMap((one, index, all) => factsOf(one, index, all)));

function factsOf(one: Draft, index: number, all: readonly Draft[]): readonly DatedFact[] {
  const id = String(index);
  const told = { source: 'shop', id, occurredAt: one.at, customer };
  switch (one.kind) {
    case 'purchase':
      return [{ ...told, kind: 'purchase', source: one.source, currency: one.currency, lines: lines(one.minor) }];
    case 'refund':
      return [refundOf(one, told, all)];
    case 'survey':
      return [{ ...told, kind: 'survey', scale: one.scale, score: one.score }];
    case 'complaint': {
      const { followUp } = one;
      if (followUp === null) return [{ ...told, kind: 'complaint' }];
      const occurredAt = one.at + followUp.after * dayMs;
      const { satisfaction } = followUp;
      return [
        { ...told, kind: 'complaint' },
        { ...told, kind: 'follow-up', occurredAt, complaint: id, satisfaction },
      ];
    }
    case 'key-account':
      return [{ ...told, kind: 'key-account', key: one.key }];
    case 'other':
      return [{ ...told, kind: 'other' }];
    default:
      return one satisfies never;
  }
}

function refundOf(
  { of, fits, later, ...one }: Extract<Draft, { kind: 'refund' }>,
  told: { id: string; occurredAt: number; customer: string },
  all: readonly Draft[],
): DatedFact {
  const original = of === null ? undefined : all[of];
  const named = { ...told, kind: 'refund' as const, original: of === null ? null : String(of) };
  if (original?.kind !== 'purchase') {
    return { ...named, source: one.source, currency: one.currency, lines: lines(one.minor) };
  }
  const occurredAt = later === null ? one.at : original.at + later * dayMs;
  const currency = fits === 'as-drawn' ? one.currency : original.currency;
  const minor = fits === 'wholly' ? Math.max(1, original.minor) : one.minor;
  return { ...named, source: original.source, occurredAt, currency, lines: lines(minor) };
}

const lines = (amountMinor: number) => [{ lineId: '1', productId: 'thing', quantity: 1, amountMinor }];

/** The same facts as the product's events hold them. */
export function productFacts(facts: readonly Fact[]): readonly ProductFact[] {
  return facts.flatMap((fact): readonly ProductFact[] => {
    if (fact.kind === 'claim' || fact.kind === 'link') return [];
    const { source, id, occurredAt: at } = fact;
    const key = { at, source, id };
    switch (fact.kind) {
      case 'purchase':
        return [{ ...key, kind: 'purchase', currency: fact.currency, total: total(fact.lines) }];
      case 'refund': {
        const original = fact.original === null ? {} : { originalOrderId: fact.original };
        return [{ ...key, kind: 'refund', currency: fact.currency, amount: total(fact.lines), ...original }];
      }
      case 'survey':
        return [{ ...key, kind: 'survey-answer', survey: fact.scale, score: fact.score }];
      case 'complaint':
        return [{ ...key, kind: 'complaint', line: '0', step: 'filed' }];
      case 'follow-up': {
        const said = fact.satisfaction === null ? {} : { satisfaction: fact.satisfaction };
        return [{ ...key, kind: 'complaint', line: '1', step: 'followed-up', ...said }];
      }
      case 'key-account':
        return [{ ...key, kind: 'key-account', value: fact.key }];
      case 'other':
        return [{ ...key, kind: 'contact', channel: 'form' }];
      default:
        return fact satisfies never;
    }
  });
}

function total(of: readonly { readonly amountMinor: number }[]): number {
  return of.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}
