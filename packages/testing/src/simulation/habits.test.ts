import { describe, expect, it } from 'vitest';
import type { Frictions } from './buying.ts';
import { type BuyingModel, cdnowBuying, cdnowSpend, expectedRepeats, expectedSpend, livelyBuying } from './habits.ts';
import { simulate } from './simulate.ts';

const smooth: Frictions = { anonymous: 0, claimed: 0, late: 0, refund: 0, whole: 0, unmatched: 0 };
const start = Date.UTC(1997, 0, 1);

/** Purchases by customer, all of whom came on the first day. */
function purchasesBy(buying: BuyingModel, customers: number, weeks: number): ReadonlyMap<string, readonly number[]> {
  const totals = new Map<string, number[]>();
  const days = 7 * weeks;
  const options = { seed: 5, start, customers, days, arrivalDays: 0, prospects: 0, buying, frictions: smooth };
  for (const sent of simulate(options)) {
    if (sent.kind !== 'fact' || sent.line.type !== 'purchase') continue;
    const { customer, lines } = sent.line;
    const total = lines.reduce((sum, line) => sum + line.amountMinor, 0);
    const key = customer?.key ?? '';
    totals.set(key, [...(totals.get(key) ?? []), total]);
  }
  return totals;
}

describe('simulated customers', () => {
  it.each([
    ['seldom come again', cdnowBuying, 39],
    ['come back', livelyBuying, 26],
  ] as const)('who %s buy as often as BG/NBD expects', (_, buying, weeks) => {
    const customers = 4000;
    const purchases = purchasesBy(buying, customers, weeks);
    expect(purchases.size).toBe(customers);
    const repeats = [...purchases.values()].reduce((sum, totals) => sum + totals.length - 1, 0) / customers;
    const expected = expectedRepeats(buying, weeks);
    expect(Math.abs(repeats / expected - 1)).toBeLessThan(0.05);
  });

  it('spend as much as Gamma-Gamma expects, each in their own way', () => {
    const purchases = [...purchasesBy(livelyBuying, 4000, 26).values()];
    const means = purchases.map((totals) => totals.reduce((sum, total) => sum + total, 0) / totals.length);
    const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
    expect(Math.abs(mean / (100 * expectedSpend(cdnowSpend)) - 1)).toBeLessThan(0.03);
    // The variance of customers' mean orders is E[z]^2 / (q - 2) if each bought without end; few orders add to it.
    const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / means.length;
    expect(variance).toBeGreaterThan(mean ** 2 / (cdnowSpend.q - 2) / 2);
  });
});

describe('the expectation', () => {
  it('grows with time and is 0 at the start', () => {
    expect(expectedRepeats(cdnowBuying, 0)).toBe(0);
    const byWeek = [1, 2, 4, 13, 39, 78, 1000].map((weeks) => expectedRepeats(cdnowBuying, weeks));
    expect(byWeek).toEqual(byWeek.toSorted((left, right) => left - right));
  });

  it('is that of a plain Poisson process when nobody ever stops', () => {
    const forEver: BuyingModel = { r: 2, alpha: 4, a: 1e-7, b: 1 };
    expect(expectedRepeats(forEver, 10)).toBeCloseTo((2 / 4) * 10, 4);
  });

  it('starts as fast as customers buy', () => {
    expect(expectedRepeats(cdnowBuying, 1e-4) / 1e-4).toBeCloseTo(cdnowBuying.r / cdnowBuying.alpha, 4);
  });
});
