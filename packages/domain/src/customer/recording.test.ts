import { validateEvent } from '@tenure/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Happening } from '../decider.ts';
import { evolveStages, stageEvents } from '../lifecycle/recording.ts';
import { loyaltyEvents, recordedLoyalty } from '../loyalty/recording.ts';
import { defaultPolicies } from '../policies/defaults.ts';
import { policiesFrom } from '../policies/schedule.ts';
import { histories } from '../testing/histories.ts';
import { calendarOf, dayMs } from '../time/calendar.ts';
import { CustomerFold } from './customer-fold.ts';

const policies = policiesFrom(defaultPolicies);
const calendar = calendarOf('UTC');
const customerId = '0'.repeat(32);

describe('recording', () => {
  it('I23: what stands recorded equals what is derived, after every fact in any order', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 5 }), (facts, batch) => {
        const fold = new CustomerFold(policies, calendar);
        const stages: Happening[] = [];
        const points: Happening[] = [];
        for (let start = 0; start < facts.length; start += batch) {
          fold.add(facts.slice(start, start + batch));
          const state = fold.at(fold.lastFactAt ?? 0);
          if (state === undefined) continue;
          stages.push(...stageEvents(customerId, stages.reduce(evolveStages, []), state.transitions));
          points.push(...loyaltyEvents(customerId, recordedLoyalty(points), state.account));

          expect(stages.reduce(evolveStages, [])).toEqual(state.transitions);
          const recorded = recordedLoyalty(points);
          expect(recorded.tiers).toEqual(state.account.tierSteps);
          const standing = recorded.entries.map(({ kind, id, at, points: count }) => ({
            kind,
            id,
            at,
            count,
          }));
          const derived = state.account.entries.map(({ kind, id, at, points: count }) => ({ kind, id, at, count }));
          expect(new Set(standing.map((entry) => JSON.stringify(entry)))).toEqual(
            new Set(derived.map((entry) => JSON.stringify(entry))),
          );
        }
        for (const event of [...stages, ...points]) validateEvent(event);
      }),
      { numRuns: 300 },
    );
  });

  it('I23: the record reaches as far as what is derived, so that who shows it knows how far time has gone', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 800 }), (facts, batch, days) => {
        const fold = new CustomerFold(policies, calendar);
        const events: Happening[] = [];
        const now = Math.max(...facts.map(({ at }) => at)) + days * dayMs;
        for (let start = 0; start < facts.length; start += batch) {
          fold.add(facts.slice(start, start + batch));
          const state = fold.at(now);
          if (state === undefined) continue;
          const { transitions, account } = state;
          events.push(...stageEvents(customerId, events.reduce(evolveStages, []), transitions));
          events.push(...loyaltyEvents(customerId, recordedLoyalty(events), account));
          const reached = Math.max(0, ...events.map(({ occurredAt }) => occurredAt));
          const derived = [...transitions, ...account.tierSteps, ...account.entries].map(({ at }) => at);
          expect(reached).toBeGreaterThanOrEqual(Math.max(0, ...derived));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('restates nothing when facts come in order', () => {
    fc.assert(
      fc.property(histories, (facts) => {
        const fold = new CustomerFold(policies, calendar);
        const events: Happening[] = [];
        const instants = new Set<number>();
        const purchases = facts
          .filter(({ kind, at }) => kind === 'purchase' && !instants.has(at) && instants.add(at))
          .toSorted((left, right) => left.at - right.at);
        for (const fact of purchases) {
          fold.add([fact]);
          const state = fold.at(fact.at);
          if (state !== undefined)
            events.push(...stageEvents(customerId, events.reduce(evolveStages, []), state.transitions));
        }
        expect(events.filter(({ type }) => type !== 'StageChanged')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
