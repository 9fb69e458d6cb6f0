import type { LifecycleModel, Stage } from '@tenure/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derive } from '../customer/derive.ts';
import type { Fact } from '../customer/fact.ts';
import { defaultLifecycle } from '../policies/defaults.ts';
import { policiesFrom, withPolicy } from '../policies/schedule.ts';
import { calendarOf, dayMs, isoInstant } from '../time/calendar.ts';

const growth: LifecycleModel = {
  policy: 'lifecycle-model',
  version: 1,
  model: 'growth',
  stages: [
    { stage: 'acquisition' },
    { stage: 'development', purchaseDays: 2 },
    { stage: 'maturity', purchaseDays: 5, withinDates: 90 },
    { stage: 'decline', silentDays: 90 },
  ],
};
const noon = (day: number): number => Date.UTC(2011, 0, 1, 12) + day * dayMs;
const buy = (day: number): Fact => ({
  kind: 'purchase',
  at: noon(day),
  source: 'shop',
  id: String(day),
  currency: 'GBP',
  total: 100,
});
const giveBack = (day: number, order: number): Fact => ({
  kind: 'refund',
  at: noon(day),
  source: 'shop',
  id: `r${day}`,
  currency: 'GBP',
  amount: 100,
  originalOrderId: String(order),
});
const policies = policiesFrom([defaultLifecycle, growth]);
const calendar = calendarOf('UTC');
const modelAt = (facts: readonly Fact[], day: number, by = policies) => derive(facts, by, calendar, noon(day))?.model;
const stageAt = (facts: readonly Fact[], day: number) => modelAt(facts, day)?.stage;

describe('a lifecycle model beside the lifecycle', () => {
  it('leads everybody from the first stage on by purchase days, and by silence to the last', () => {
    const facts = [buy(0), buy(10), buy(20), buy(30), buy(40)];
    expect([-1, 0, 9, 10, 39, 40, 129, 130].map((day) => stageAt(facts, day))).toEqual([
      undefined,
      'acquisition',
      'acquisition',
      'development',
      'development',
      'maturity',
      'maturity',
      'decline',
    ]);
    expect(modelAt(facts, 200)).toEqual({ model: 'growth', stage: 'decline', since: noon(130) });
    expect(stageAt([...facts, buy(200)], 200)).toBe('development');
  });

  it('is what the orders give that were not given back', () => {
    const facts = [buy(0), buy(10)];
    expect(modelAt([...facts, giveBack(12, 10)], 11)).toMatchObject({ stage: 'development' });
    expect(modelAt([...facts, giveBack(12, 10)], 12)).toEqual({ model: 'growth', stage: 'acquisition', since: null });
  });

  it('is judged by the version in force at each order', () => {
    const effectiveFrom = isoInstant(noon(15));
    const sooner = growth.stages.map((stage) => (stage.stage === 'maturity' ? { ...stage, purchaseDays: 3 } : stage));
    const document = { ...growth, version: 2, stages: sooner };
    const both = withPolicy(policies, { type: 'PolicyPublished', data: { effectiveFrom, document } });
    expect(modelAt([buy(0), buy(10), buy(12)], 20, both)).toMatchObject({ stage: 'development' });
    expect(modelAt([buy(0), buy(10), buy(20)], 20, both)).toMatchObject({ stage: 'maturity', since: noon(20) });
  });

  it('is none where no model is in force', () => {
    expect(modelAt([buy(0)], 1, policiesFrom([defaultLifecycle]))).toBeNull();
  });

  it('by the same rules is the lifecycle in other words, and leaves the lifecycle as it is', () => {
    const same: Readonly<Record<Stage, string>> = {
      potential: 'acquisition',
      new: 'acquisition',
      active: 'development',
      'won-back': 'development',
      loyal: 'maturity',
      'at-risk': 'decline',
      churned: 'decline',
    };
    const days = fc.uniqueArray(fc.oneof(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 0, max: 900 })), {
      maxLength: 25,
      minLength: 1,
    });
    const property = fc.property(days, fc.integer({ min: 0, max: 1_200 }), (list, day) => {
      const facts = list.map(buy);
      const both = derive(facts, policies, calendar, noon(day));
      const alone = derive(facts, policiesFrom([defaultLifecycle]), calendar, noon(day));
      expect([both?.stage, both?.stageSince, both?.transitions]).toEqual([
        alone?.stage,
        alone?.stageSince,
        alone?.transitions,
      ]);
      if (both !== undefined) expect(both.model?.stage).toBe(same[both.stage]);
    });
    fc.assert(property, { numRuns: 500 });
  });
});
