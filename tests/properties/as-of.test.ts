import { defaultLifecycle, defaultProgramme, defaultSatisfaction } from '@tenure/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toldKey } from '../support/arrivals.ts';
import { randomised, randomisedMs } from '../support/randomised.ts';
import { dayMs, type History, historyDrafts, historyOf, lastDay, noon } from './histories.ts';
import { derived, reckoned } from './second-reckoning.ts';
import {
  arrive,
  closeSystems,
  comparable,
  type Look,
  openSystems,
  publishEverywhere,
  type Systems,
  shown,
  zone,
} from './two-systems.ts';

const drawnLooks = fc.record({
  /** Near one of the facts, or where time alone changes something after it; or anywhere. */
  near: fc.option(fc.nat(100), { nil: null, freq: 5 }),
  offset: fc.constantFrom(0, 0, 1, -1, dayMs, 90 * dayMs, 90 * dayMs - 1, 180 * dayMs, 365 * dayMs, 730 * dayMs),
  anywhere: fc.integer({ min: -1, max: lastDay }),
  after: fc.array(fc.nat(60), { minLength: 2, maxLength: 4 }),
});
type DrawnLooks = typeof drawnLooks extends fc.Arbitrary<infer D> ? D : never;

function instantOf({ near, offset, anywhere }: DrawnLooks, { arrivals }: History): number {
  const fact = near === null ? undefined : arrivals[near % arrivals.length];
  return Math.min(fact?.at === undefined || fact.at === null ? noon(anywhere) : fact.at + offset, noon(lastDay));
}

async function expectAsThen({ full }: Systems, { keys }: History, asOf: number, looks: readonly Look[]): Promise<void> {
  for (const { knownAt, ...then } of looks) {
    for (const [index, key] of keys.entries()) {
      const both = comparable(await shown(full, key, asOf, { knownAt }));
      expect(both, 'asOf and knownAt, and the system as it was then').toEqual(comparable(then.asOf[index]));
      if (then.filtered !== undefined) {
        const without = comparable(then.filtered[index]);
        expect(both, 'asOf and knownAt, and a system without later facts').toEqual(without);
      }
      const known = comparable(await shown(full, key, knownAt, { knownAt }));
      expect(known, 'knownAt, and the system as it was then').toEqual(comparable(then.upToNow[index]));
    }
  }
}

describe('as of an instant, and of what was known', () => {
  let systems: Systems;
  let runs = 0;
  beforeAll(async () => {
    systems = await openSystems();
  });
  afterAll(() => closeSystems(systems));

  it(
    'a customer is as in a system that got only the facts until then, and only what was recorded by then',
    async () => {
      await fc.assert(
        fc.asyncProperty(historyDrafts(), drawnLooks, async (draft, where) => {
          const history = historyOf(draft, `h${++runs}`);
          fc.pre(history.arrivals.length > 0);
          const asOf = instantOf(where, history);
          const looks = await arrive(systems, history, asOf, where.after);
          await expectAsThen(systems, history, asOf, looks);
          for (const { told, ...then } of looks) {
            for (const [index, key] of history.keys.entries()) {
              const second = reckoned(told, toldKey(key), asOf, zone);
              expect(derived(then.asOf[index]?.state, second), 'the second reckoning').toEqual(second);
            }
          }
        }),
        randomised(60, 1_000),
      );
    },
    randomisedMs,
  );
});

const newPolicies = fc.record({
  before: fc.nat(30),
  /** From when on it holds. */
  day: fc.integer({ min: 0, max: 1_300 }),
  silentDays: fc.integer({ min: 20, max: 120 }),
  purchaseDays: fc.integer({ min: 2, max: 5 }),
  points: fc.integer({ min: 1, max: 3 }),
  expireAfterDays: fc.constantFrom(100, 365, 730),
  silver: fc.integer({ min: 100, max: 900 }),
  everyDays: fc.constantFrom(90, 365),
  halfLifeDays: fc.constantFrom(30, 180),
});

describe('under policies that are published while facts arrive', () => {
  let systems: Systems;
  let runs = 0;
  beforeAll(async () => {
    systems = await openSystems();
  });
  afterAll(() => closeSystems(systems));

  it(
    'a customer is as under the policies that were known, each in force at its own time',
    async () => {
      await fc.assert(
        fc.asyncProperty(historyDrafts(14), drawnLooks, newPolicies, async (draft, where, next) => {
          const history = historyOf(draft, `p${++runs}`);
          fc.pre(history.arrivals.length > 0);
          const version = runs + 1;
          const { silentDays, points, silver, everyDays, halfLifeDays } = next;
          const documents = [
            {
              ...defaultLifecycle,
              version,
              stages: {
                ...defaultLifecycle.stages,
                loyal: { purchaseDays: next.purchaseDays, withinDates: 60 },
                'at-risk': { silentDays },
                churned: { silentDays: 2 * silentDays },
              },
            },
            {
              ...defaultProgramme,
              version,
              points: { perUnit: { GBP: { points, amountMinor: 100 } }, expireAfterDays: next.expireAfterDays },
              tiers: [
                { tier: 'silver', fromPoints: silver },
                { tier: 'gold', fromPoints: 4 * silver },
              ],
              review: { everyDays },
            },
            { ...defaultSatisfaction, version, halfLifeDays },
          ];
          const asOf = instantOf(where, history);
          const looks = await arrive(systems, history, asOf, where.after, async (index) => {
            if (index !== next.before % history.arrivals.length) return;
            for (const document of documents) await publishEverywhere(systems, document, noon(next.day));
          });
          await expectAsThen(systems, history, asOf, looks);
        }),
        randomised(20, 200),
      );
    },
    randomisedMs,
  );
});
