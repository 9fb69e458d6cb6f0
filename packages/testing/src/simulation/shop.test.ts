import { purchaseLine } from '@tenure/contracts';
import { describe, expect, it } from 'vitest';
import { randomOf } from './random.ts';
import { fillBasket, isReturnable, products } from './shop.ts';

describe('a basket', () => {
  it('I22: amounts to exactly what was drawn, in whole pieces at their prices', () => {
    const random = randomOf(23);
    const prices = new Map(products.map(({ id, priceMinor }) => [id, priceMinor]));
    for (let run = 0; run < 3000; run++) {
      const total = run < 300 ? run : 1 + random.below(100_000);
      const lines = fillBasket(random, total).map((line) => purchaseLine.parse(line));
      expect(lines.reduce((sum, line) => sum + line.amountMinor, 0)).toBe(total);
      expect(new Set(lines.map(({ lineId }) => lineId)).size).toBe(lines.length);
      for (const line of lines.filter(isReturnable)) {
        expect(line.amountMinor).toBe(line.quantity * (prices.get(line.productId) ?? Number.NaN));
        expect(line.unitPrice).toBe(((prices.get(line.productId) ?? 0) / 100).toFixed(2));
      }
    }
  });

  it('has products to choose from, each once', () => {
    expect(products.length).toBeGreaterThan(100);
    expect(new Set(products.map(({ id }) => id)).size).toBe(products.length);
    expect(products.every(({ priceMinor }) => Number.isInteger(priceMinor) && priceMinor > 0)).toBe(true);
  });
});
