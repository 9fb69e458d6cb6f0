import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPolicies } from '../policies/defaults.ts';
import { policiesFrom } from '../policies/schedule.ts';
import { histories } from '../testing/histories.ts';
import { calendarOf, dayMs } from '../time/calendar.ts';
import { CustomerFold, type CustomerState } from './customer-fold.ts';
import { derive } from './derive.ts';
import type { Fact } from './fact.ts';

const policies = policiesFrom(defaultPolicies);
const calendar = calendarOf('UTC');
const end = Date.UTC(2015, 0, 1);

/** Everything of a state that can be compared. */
function shown(state: CustomerState | undefined): unknown {
  if (state === undefined) return undefined;
  const { account, ...rest } = state;
  const { balance, debt, lots, entries, tier, tierSince, tierSteps } = account;
  return { ...rest, account: { balance, debt, lots, entries, tier, tierSince, tierSteps } };
}

/** A debt, which is rare: the points of an order went with an unmatched refund before its own, and are paid back. */
const inDebt: readonly Fact[] = (
  [
    { kind: 'purchase', id: 'F0', total: 1_000 },
    { kind: 'refund', id: 'F1', amount: 1_000 },
    { kind: 'refund', id: 'F2', amount: 1_000, originalOrderId: 'F0' },
    { kind: 'purchase', id: 'F3', total: 1_500 },
  ] as const
).map((fact, day) => ({ ...fact, at: Date.UTC(2014, 0, 1) + day * dayMs, source: 'shop', currency: 'GBP' }));

describe('CustomerFold', () => {
  it('does not depend on the order in which facts arrive, nor on repeats', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 7 }), (facts, random, batch) => {
        const shuffled = [...facts, ...facts.slice(0, 5)]
          .map((fact) => ({ fact, place: random.next().value ?? 0 }))
          .sort((left, right) => left.place - right.place)
          .map(({ fact }) => fact);
        const fold = new CustomerFold(policies, calendar);
        for (let start = 0; start < shuffled.length; start += batch) fold.add(shuffled.slice(start, start + batch));
        expect(shown(fold.at(end))).toEqual(shown(derive(facts, policies, calendar, end)));
      }),
      { numRuns: 300 },
    );
  });

  it('folds on what comes at the end as it would fold it all', () => {
    fc.assert(
      fc.property(histories, (facts) => {
        const fold = new CustomerFold(policies, calendar);
        for (const fact of facts.toSorted((left, right) => left.at - right.at)) {
          fold.add([fact]);
          fold.at(fact.at + 200 * dayMs);
        }
        expect(shown(fold.at(end))).toEqual(shown(derive(facts, policies, calendar, end)));
      }),
      { numRuns: 300 },
    );
  });

  it('I21: sum of lots - debt = balance = sum of the movements; no lot below zero', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 1800 }), (facts, day) => {
        const until = Date.UTC(2011, 0, 1) + day * dayMs;
        const account = derive(facts, policies, calendar, until)?.account;
        if (account === undefined) return;
        const inLots = account.lots.reduce((sum, lot) => sum + lot.remaining, 0);
        const moved = account.entries.reduce(
          (sum, { kind, points }) => sum + (kind === 'earned' ? points : -points),
          0,
        );
        expect(account.balance).toBe(inLots - account.debt);
        expect(account.balance).toBe(moved);
        expect(account.debt).toBeGreaterThanOrEqual(0);
        expect(account.lots.every(({ remaining }) => remaining >= 0)).toBe(true);
      }),
      { numRuns: 500, examples: [[inDebt, 1_800]] },
    );
  });

  it('tells the same past at every later instant: the stage as of T is that of the timeline at T', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 1800 }), (facts, day) => {
        const until = Date.UTC(2011, 0, 1) + day * dayMs;
        const early = derive(facts, policies, calendar, until);
        const late = derive(facts, policies, calendar, end);
        if (early === undefined) return;
        expect(late?.transitions.filter(({ at }) => at <= until)).toEqual(early.transitions);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the lifecycle of a customer', () => {
  const order = (day: number, id = `O${day}`, total = 1000): Fact => ({
    kind: 'purchase',
    at: Date.UTC(2011, 0, 1, 12) + day * dayMs,
    source: 'shop',
    id,
    currency: 'GBP',
    total,
  });
  const refund = (day: number, originalOrderId: string, amount = 1000): Fact => ({
    kind: 'refund',
    at: Date.UTC(2011, 0, 1, 12) + day * dayMs,
    source: 'shop',
    id: `R-${originalOrderId}-${day}`,
    currency: 'GBP',
    amount,
    originalOrderId,
  });
  const steps = (facts: readonly Fact[], day: number): readonly string[] =>
    (derive(facts, policies, calendar, Date.UTC(2011, 0, 1, 12) + day * dayMs)?.transitions ?? []).map(
      ({ to, at, reason }) => `${(at - Date.UTC(2011, 0, 1, 12)) / dayMs} ${to} ${reason}`,
    );

  it.each<[string, readonly Fact[], number, readonly string[]]>([
    ['new with the first order', [order(0)], 0, ['0 new first-order']],
    [
      'active on the second day, not on the second order',
      [order(0), order(0, 'B'), order(3)],
      3,
      ['0 new first-order', '3 active second-purchase-day'],
    ],
    [
      'loyal on the fifth day within 90 dates',
      [order(0), order(20), order(40), order(60), order(89)],
      89,
      ['0 new first-order', '20 active second-purchase-day', '89 loyal frequency'],
    ],
    [
      'not loyal when the fifth day is one date too late',
      [order(0), order(20), order(40), order(60), order(90)],
      90,
      ['0 new first-order', '20 active second-purchase-day'],
    ],
    [
      'at risk after 90 days, churned after 180',
      [order(0)],
      180,
      ['0 new first-order', '90 at-risk silent', '180 churned silent'],
    ],
    ['still new a moment before', [order(0)], 89.999, ['0 new first-order']],
    [
      'at risk before an order of the same instant',
      [order(0), order(90)],
      90,
      ['0 new first-order', '90 at-risk silent', '90 active returned'],
    ],
    [
      'won back, then active on the next purchase day',
      [order(0), order(200), order(200, 'B'), order(201)],
      201,
      ['0 new first-order', '90 at-risk silent', '180 churned silent', '200 won-back won-back', '201 active returned'],
    ],
    ['nothing for an order of total 0', [order(0, 'zero', 0)], 0, []],
    [
      'back to what the other orders give when one is wholly refunded',
      [order(0), order(3), refund(5, 'O3')],
      5,
      ['0 new first-order', '3 active second-purchase-day', '5 new refunded'],
    ],
    [
      'unmoved by a refund in part',
      [order(0), order(3), refund(5, 'O3', 999)],
      5,
      ['0 new first-order', '3 active second-purchase-day'],
    ],
    [
      'an early refund takes effect with its purchase',
      [refund(1, 'O3'), order(3)],
      4,
      ['3 new first-order', '3 potential refunded'],
    ],
  ])('%s', (_, facts, day, expected) => {
    expect(steps(facts, day)).toEqual(expected);
  });
});

describe('planned visits', () => {
  const noon = (day: number): number => Date.UTC(2011, 0, 1, 12) + day * dayMs;
  const visit = (day: number, line: number) => ({ at: noon(day), source: '', id: 'visit', line: `${line}` });
  const planned = (day: number, line: number, dueDay: number): Fact => ({
    ...visit(day, line),
    kind: 'follow-up',
    step: 'planned',
    dueAt: noon(dueDay),
  });
  const open = (facts: readonly Fact[], until: number) => derive(facts, policies, calendar, until)?.openFollowUps;

  it('are missed from their due date on, whether or not somebody has recorded it', () => {
    const missed: Fact = { ...visit(5, 1), kind: 'follow-up', step: 'missed' };
    for (const facts of [[planned(0, 0, 5)], [planned(0, 0, 5), missed]]) {
      expect([open(facts, noon(5) - 1), open(facts, noon(5))]).toEqual([1, 0]);
    }
    expect(derive([planned(0, 0, 5)], policies, calendar, noon(1))?.nextFollowUpDueAt).toBe(noon(5));
  });

  it('are open again once they are moved, and no more once they are done', () => {
    const facts: Fact[] = [planned(0, 0, 5), planned(7, 1, 9), { ...visit(8, 2), kind: 'follow-up', step: 'done' }];
    expect([4, 5, 7, 8].map((day) => open(facts, noon(day)))).toEqual([1, 0, 1, 0]);
  });
});
