import { purchaseBody } from '@tenure/contracts';
import { describe, expect, it } from 'vitest';
import { cdnowSpend, expectedSpend } from './habits.ts';
import { simulatePurchases } from './simulate-purchases.ts';

const options = { seed: 3, customers: 2000, purchases: 20_000, start: Date.UTC(2024, 0, 1), days: 365 };
const purchases = [...simulatePurchases(options)];

describe('simulated purchases', () => {
  it('are what the API takes, each with an id of its own', () => {
    for (const purchase of purchases.slice(0, 2000)) expect(purchaseBody.parse(purchase)).toEqual(purchase);
    expect(purchases).toHaveLength(options.purchases);
    expect(new Set(purchases.map(({ orderId }) => orderId)).size).toBe(options.purchases);
  });

  it('come in order, spread over the time', () => {
    const instants = purchases.map(({ occurredAt }) => occurredAt);
    expect(instants).toEqual(instants.toSorted());
    expect(instants.at(-1)?.slice(0, 7)).toMatch(/^(2024-12|2025-01)$/);
  });

  it('are the same for the same seed', () => {
    const again = simulatePurchases(options);
    for (const purchase of purchases.slice(0, 100)) expect(again.next().value).toEqual(purchase);
    expect(simulatePurchases({ ...options, seed: 4 }).next().value).not.toEqual(purchases[0]);
  });

  it('are by many customers, some of whom buy far more often', () => {
    const counts = new Map<string, number>();
    for (const { customer } of purchases) counts.set(customer?.key ?? '', (counts.get(customer?.key ?? '') ?? 0) + 1);
    expect(counts.size).toBeGreaterThan(1500);
    const mean = options.purchases / options.customers;
    const variance = [...counts.values()].reduce((sum, n) => sum + (n - mean) ** 2, 0) / options.customers;
    // Of a mixed Poisson process: mean + mean^2 / r, far from the mean alone of a plain one.
    expect(variance).toBeGreaterThan(mean + mean ** 2 / 1.2 / 2);
  });

  it('amount to what the model expects', () => {
    const total = purchases.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.amountMinor, 0);
    expect(Math.abs(total / purchases.length / (100 * expectedSpend(cdnowSpend)) - 1)).toBeLessThan(0.05);
  });
});
