import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CustomerFold } from '../customer/customer-fold.ts';
import { derive } from '../customer/derive.ts';
import type { Fact } from '../customer/fact.ts';
import { defaultPolicies } from '../policies/defaults.ts';
import { policiesFrom } from '../policies/schedule.ts';
import { histories } from '../testing/histories.ts';
import { calendarOf, dayMs } from '../time/calendar.ts';
import { type Standing, Standings } from './standings.ts';

const policies = policiesFrom(defaultPolicies);
const calendar = calendarOf('UTC');
const customerId = 'c';

interface Recorded {
  readonly fact: Fact;
  readonly recordedAt: number;
}

/** Mostly soon after it happened, sometimes years later, a few at one moment. */
const recorded: fc.Arbitrary<readonly Recorded[]> = fc
  .tuple(
    histories,
    fc.array(fc.constantFrom(0, 0, -0.5, 1, 2, 30, 100, 400, 1_200), { minLength: 40, maxLength: 40 }),
    fc.boolean(),
  )
  .map(([facts, delays, atOnce]) =>
    facts
      .map((fact, index): Recorded => {
        const delay = (delays[index] ?? 0) * dayMs;
        return { fact, recordedAt: atOnce && delay > 2 * dayMs ? Date.UTC(2014, 6, 1) : fact.at + delay };
      })
      .sort((left, right) => left.recordedAt - right.recordedAt),
  );

/** The rectangles of a history that is told in portions of so many facts; put to rest and woken between them. */
function rectangles(history: readonly Recorded[], portion: number): Map<string, Standing> {
  const rows = new Map<string, Standing>();
  const fold = new CustomerFold(policies, calendar);
  let standings = new Standings(customerId);
  for (let start = 0; start < history.length; start += portion) {
    const byMoment = Map.groupBy(history.slice(start, start + portion), ({ recordedAt }) => recordedAt);
    for (const [recordedAt, learned] of byMoment) {
      const facts = learned.map(({ fact }) => fact);
      standings.settle(fold, recordedAt, recordedAt);
      fold.add([...facts]);
      standings.learn({ recordedAt, facts }, () => fold);
    }
    for (const [id, standing] of standings.take(Number.NEGATIVE_INFINITY)) {
      if (standing === null) rows.delete(id);
      else rows.set(id, standing);
    }
    standings = new Standings(customerId, JSON.parse(JSON.stringify(standings.state)));
  }
  standings.settle(fold, lastDay, lastDay);
  for (const [id, standing] of standings.take(Number.NEGATIVE_INFINITY)) {
    if (standing === null) rows.delete(id);
    else rows.set(id, standing);
  }
  return rows;
}

/** What rows tell: of no time at all nothing, and from where they leave off unresolved on somebody folds. */
function telling(rows: Map<string, Standing>): readonly (readonly [string, Standing])[] {
  const unresolvedFrom = Math.min(
    Number.POSITIVE_INFINITY,
    ...[...rows.values()].filter(({ kind }) => kind === 'unresolved').map(({ knownFrom }) => knownFrom),
  );
  return [...rows]
    .filter(([, { from, to, knownFrom }]) => from < to && knownFrom < unresolvedFrom)
    .map(([id, row]) => [id, { ...row, knownTo: Math.min(row.knownTo, unresolvedFrom) }] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

const lastDay = Date.UTC(2020, 0, 1);

function standsAt(rows: Iterable<Standing>, asOf: number, knownAt: number): Record<string, string> {
  const stands: Record<string, string> = {};
  for (const { kind, value, from, to, knownFrom, knownTo } of rows) {
    if (from > asOf || asOf >= to || knownFrom > knownAt || knownAt >= knownTo) continue;
    expect(stands[kind], `one ${kind} at a time`).toBeUndefined();
    stands[kind] = value;
  }
  return stands;
}

/** The same by the pure fold of what was known. */
function foldAt(history: readonly Recorded[], asOf: number, knownAt: number): Record<string, string> {
  const known = history.filter(({ recordedAt }) => recordedAt <= knownAt).map(({ fact }) => fact);
  const state = derive(known, policies, calendar, asOf);
  if (state === undefined) return {};
  const { stage, account, satisfactionBand } = state;
  return {
    stage,
    ...(account.tier === 'none' ? {} : { tier: account.tier }),
    ...(satisfactionBand === null ? {} : { satisfaction: satisfactionBand }),
  };
}

const looks = fc.array(fc.record({ of: fc.nat(100), near: fc.nat(100), offset: fc.constantFrom(0, -1, 1, dayMs) }), {
  minLength: 10,
  maxLength: 10,
});

it('I5: what stands at any instant, as known at any later one, is the fold of what was known', () => {
  fc.assert(
    fc.property(recorded, looks, fc.integer({ min: 1, max: 12 }), (history, drawn, portion) => {
      const rows = rectangles(history, portion);
      const moments = history.map(({ recordedAt }) => recordedAt);
      const instants = history.flatMap(({ fact: { at } }) => [at, at + 90 * dayMs, at + 180 * dayMs, at + 365 * dayMs]);
      for (const { of, near, offset } of drawn) {
        const asOf = (instants[of % instants.length] ?? 0) + offset;
        const knownAt = Math.max(asOf, (moments[near % moments.length] ?? 0) + offset);
        const stands = standsAt(rows.values(), asOf, knownAt);
        if (stands.unresolved === undefined) expect(stands).toEqual(foldAt(history, asOf, knownAt));
      }
    }),
    { numRuns: 400 },
  );
});

it('what stands does not depend on the portions in which it is told', () => {
  fc.assert(
    fc.property(recorded, fc.integer({ min: 1, max: 12 }), (history, portion) => {
      expect(telling(rectangles(history, portion))).toEqual(telling(rectangles(history, 1_000)));
    }),
    { numRuns: 300 },
  );
});

it('leaves unresolved what a refund dated before its purchase makes of the time between', () => {
  const start = Date.UTC(2011, 0, 1);
  const key = (id: string, day: number) => ({ at: start + day * dayMs, source: 'shop', id, currency: 'GBP' });
  const history: readonly Recorded[] = [
    { kind: 'purchase' as const, ...key('P1', 0), total: 60_000 },
    { kind: 'refund' as const, ...key('R2', 10), amount: 50_000, originalOrderId: 'P2' },
    { kind: 'purchase' as const, ...key('P2', 20), total: 50_000 },
  ].map((fact) => ({ fact, recordedAt: start + 30 * dayMs }));
  const [between, knownAt] = [start + 15 * dayMs, start + 30 * dayMs];
  expect(foldAt(history, between, knownAt)).toEqual({ stage: 'new' });
  expect(standsAt(rectangles(history, 3).values(), between, knownAt)).toHaveProperty('unresolved');
});

it('leaves unresolved what comes out of order, each at a moment of its own, and resolves it with the rest', () => {
  const start = Date.UTC(2011, 0, 1);
  const count = 1_500;
  const history: readonly Recorded[] = Array.from({ length: count }, (_, index) => ({
    fact: { kind: 'purchase', at: start - index * 60_000, source: 'shop', id: `${index}`, currency: 'GBP', total: 100 },
    recordedAt: start + index * 1_000,
  }));
  const last = {
    fact: { ...history[0]?.fact, id: 'last', at: start + 2 * dayMs } as Fact,
    recordedAt: start + 2 * dayMs,
  };
  const rows = [...rectangles([...history, last], 100).values()];
  expect(rows.length).toBeLessThan(count);
  expect(rows.some(({ kind }) => kind === 'unresolved')).toBe(true);
  const resolved = [
    ...rectangles([...history.toReversed().map((one, index) => ({ ...one, recordedAt: start + index }))], 100),
  ];
  expect(resolved.some(([, { kind }]) => kind === 'unresolved')).toBe(false);
});
