import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerAt, customersTierTransitions, transitions } from './customer.ts';
import type { Fact } from './facts.ts';
import { buy, complain, followUp, giveBack, noon, survey } from './hand-made.ts';

const settings = { numRuns: 300 };

const day = fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 1200 }));
const amount = fc.oneof(fc.integer({ min: -50, max: 2000 }), fc.integer({ min: 0, max: 120_000 }));
const currency = fc.constantFrom('GBP', 'GBP', 'GBP', 'USD', 'JPY');
const positive = amount.map((minor) => Math.abs(minor) + 1);

/** Histories of one customer, with ids by index so that they can be shrunk; refunds name a purchase, one to come, or none. */
const histories: fc.Arbitrary<Fact[]> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('buy' as const), day, minor: amount, currency }) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('give-back' as const),
          day,
          minor: positive,
          currency,
          of: fc.option(fc.nat(12), { nil: null }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('answer' as const), day, score: fc.integer({ min: 0, max: 10 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('complain' as const), day }) },
    ),
    { minLength: 1, maxLength: 25 },
  )
  .map((drafts) =>
    drafts.flatMap((draft, index): Fact[] => {
      const id = `${index}`;
      const at = noon(draft.day);
      if (draft.kind === 'buy') return [buy(at, draft.minor, { id, currency: draft.currency })];
      if (draft.kind === 'answer') return [survey(at, 'nps', draft.score, { id })];
      if (draft.kind === 'give-back') {
        const { minor, currency, of } = draft;
        return [giveBack(at, minor, of === null ? null : `${of}`, { id, currency })];
      }
      const complaint = complain(at, { id });
      return [complaint, followUp(noon(draft.day + 30), complaint, 4, { id })];
    }),
  );
const instants = fc.integer({ min: 0, max: 2000 }).map(noon);
const END = noon(2000);

const early = (facts: Fact[]) =>
  facts.some(
    (fact) =>
      fact.kind === 'refund' &&
      facts.some(
        (other) => other.kind === 'purchase' && other.id === fact.original && other.occurredAt > fact.occurredAt,
      ),
  );

describe('over random histories', () => {
  it('I21: the lots less the debt are the balance, what was earned less what went; no lot below zero', () => {
    fc.assert(
      fc.property(histories, instants, (facts, asOf) => {
        const view = customerAt(facts, 'ann', asOf);
        if (view === null) return;
        const { points, earned, takenBack, expired, debt, lots } = view;
        expect(lots.reduce((sum, { remaining }) => sum + remaining, 0) - debt).toBe(points);
        expect(earned - takenBack - expired).toBe(points);
        expect(Math.min(debt, ...lots.flatMap((lot) => [lot.remaining, lot.expired]))).toBeGreaterThanOrEqual(0);
      }),
      settings,
    );
  });

  it('the order of the array changes nothing', () => {
    const shuffled = histories.chain((facts) =>
      fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })),
    );
    fc.assert(
      fc.property(shuffled, instants, ([facts, others], asOf) => {
        // The score is a sum of fractions, which may differ in its last bit.
        const { satisfaction: _, ...view } = customerAt(facts, 'ann', asOf) ?? {};
        const { satisfaction: __, ...other } = customerAt(others, 'ann', asOf) ?? {};
        expect(other).toEqual(view);
      }),
      settings,
    );
  });

  it('the stage at an instant is the one that the whole story has then', () => {
    fc.assert(
      fc.property(histories, instants, (facts, asOf) => {
        const whole = transitions(facts, 'ann', END).filter(({ at }) => at <= asOf);
        expect(transitions(facts, 'ann', asOf)).toEqual(whole);
      }),
      settings,
    );
  });

  it('so is the tier, unless a refund came before its purchase', () => {
    fc.assert(
      fc.property(histories, instants, (facts, asOf) => {
        fc.pre(!early(facts));
        const whole = customersTierTransitions(facts, 'ann', END).filter(({ at }) => at <= asOf);
        expect(customersTierTransitions(facts, 'ann', asOf)).toEqual(whole);
      }),
      settings,
    );
  });

  it('transitions form one chain, forward in time', () => {
    fc.assert(
      fc.property(histories, (facts) => {
        for (const chain of [transitions(facts, 'ann', END), customersTierTransitions(facts, 'ann', END)]) {
          for (const [index, { from, to, at }] of chain.entries()) {
            const previous = chain[index - 1];
            expect(from).not.toBe(to);
            if (previous === undefined) expect(['potential', 'none']).toContain(from);
            else expect([previous.to, previous.at <= at]).toEqual([from, true]);
          }
        }
      }),
      settings,
    );
  });
});
