import {
  type Calendar,
  CustomerFold,
  type CustomerState,
  calendarOf,
  defaultPolicies,
  derive,
  policiesFrom,
} from '@tenure/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerAt, customersTierTransitions, type DatedFact, transitions } from '../oracle/index.ts';
import { randomised } from '../support/randomised.ts';
import { noon, productFacts, toldFacts } from './told-facts.ts';

const policies = policiesFrom(defaultPolicies);
const zones = ['UTC', 'Europe/Berlin', 'America/New_York'] as const;
const calendars: ReadonlyMap<string, Calendar> = new Map(zones.map((zone) => [zone, calendarOf(zone)]));

const instants = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 0, max: 2100 })).map(noon);

/** What both say about a customer, in one form. */
function reckoned(facts: readonly DatedFact[], asOf: number, zone: string): object | undefined {
  const view = customerAt(facts, 'ann', asOf, { zone });
  if (view === null) return undefined;
  const { satisfaction, earned, takenBack, recency: _, expired: __, lots, ...rest } = view;
  return {
    ...rest,
    spend: Object.fromEntries(Object.entries(view.spend).sort()),
    earned,
    takenBack,
    lots: lots.map(({ earned: points, ...lot }) => ({ ...lot, points })),
    transitions: transitions(facts, 'ann', asOf, { zone }).map(({ from, to, at }) => ({ from, to, at })),
    tiers: customersTierTransitions(facts, 'ann', asOf),
    satisfaction: satisfaction?.score ?? null,
    band: satisfaction?.band ?? null,
  };
}

function derived(state: CustomerState | undefined): object | undefined {
  if (state === undefined) return undefined;
  const { account } = state;
  const moved = (kind: string): number =>
    account.entries.filter((entry) => entry.kind === kind).reduce((sum, { points }) => sum + points, 0);
  return {
    spend: Object.fromEntries([...state.spend].sort()),
    frequency: state.frequency,
    purchaseDays: state.purchaseDays,
    lastPurchaseAt: state.lastPurchaseAt,
    customerSince: state.customerSince,
    class: state.class,
    stage: state.stage,
    stageSince: state.stageSince,
    points: account.balance,
    earned: moved('earned'),
    takenBack: moved('taken-back'),
    debt: account.debt,
    lots: account.lots,
    tier: account.tier,
    tierSince: account.tierSince,
    transitions: state.transitions.map(({ from, to, at }) => ({ from, to, at })),
    // A review that keeps a tier is a step of the product's; the oracle tells changes only.
    tiers: account.tierSteps
      .filter(({ from, to }) => from !== to)
      .map(({ from, to, at, reason }) => ({ from, to, at, reason })),
    satisfaction: state.satisfaction,
    band: state.satisfactionBand,
  };
}

/** Scores that lie on a half may be rounded either way by a sum in another order. */
function withoutTie(said: object | undefined, facts: readonly DatedFact[], asOf: number): object | undefined {
  const exact = customerAt(facts, 'ann', asOf)?.satisfaction?.exact;
  if (said === undefined || exact === undefined || Math.abs((exact % 1) - 0.5) > 1e-9) return said;
  return { ...said, satisfaction: 'tie', band: 'tie' };
}

describe('what is derived is what a second, independent reckoning finds', () => {
  it.each(zones)('from all facts at once, days in %s', (zone) => {
    const calendar = calendars.get(zone) ?? calendarOf(zone);
    fc.assert(
      fc.property(toldFacts, instants, (facts, asOf) => {
        const state = derive(productFacts(facts), policies, calendar, asOf);
        expect(withoutTie(derived(state), facts, asOf)).toEqual(withoutTie(reckoned(facts, asOf, zone), facts, asOf));
      }),
      randomised(2_000),
    );
  });

  it('from facts that come in any order, a few at a time', () => {
    const places = fc.array(fc.nat(1_000), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(toldFacts, instants, fc.constantFrom(...zones), places, (facts, asOf, zone, random) => {
        const fold = new CustomerFold(policies, calendars.get(zone) ?? calendarOf(zone));
        const known = productFacts(facts).filter(({ at }) => at <= asOf);
        const arriving = known
          .map((fact, index) => ({ fact, place: random[index % random.length] ?? 0 }))
          .sort((left, right) => left.place - right.place)
          .map(({ fact }) => fact);
        while (arriving.length > 0) {
          fold.add(arriving.splice(0, 1 + ((random[arriving.length % random.length] ?? 0) % 3)));
          // Looking at what it comes to must not change it.
          fold.at(asOf);
        }
        expect(withoutTie(derived(fold.at(asOf)), facts, asOf)).toEqual(
          withoutTie(reckoned(facts, asOf, zone), facts, asOf),
        );
      }),
      randomised(2_000),
    );
  });
});
