import fc from 'fast-check';
import type { Fact } from '../customer/fact.ts';
import { dayMs } from '../time/calendar.ts';

const start = Date.UTC(2011, 0, 1);

/** Random facts of one customer over three years, with instants that coincide and refunds of every kind. */
export const histories: fc.Arbitrary<readonly Fact[]> = fc
  .array(
    fc.record({
      day: fc.integer({ min: 0, max: 1100 }),
      hour: fc.constantFrom(0, 9, 23),
      kind: fc.constantFrom('purchase', 'purchase', 'purchase', 'refund', 'matched', 'csat', 'complaint'),
      amount: fc.integer({ min: -500, max: 90_000 }),
      currency: fc.constantFrom('GBP', 'GBP', 'GBP', 'JPY'),
      of: fc.nat(40),
      wholly: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((rows) => {
    const amounts = rows.map(({ amount }) => amount);
    return rows.map(({ day, hour, kind, amount, currency, of, wholly }, index): Fact => {
      const at = start + day * dayMs + hour * 3_600_000;
      const key = { at, source: 'shop', id: `F${index}` };
      switch (kind) {
        case 'purchase':
          return { kind: 'purchase', ...key, currency, total: amount };
        case 'refund':
          return { kind: 'refund', ...key, currency, amount: Math.abs(amount) + 1 };
        case 'matched': {
          const original = of % rows.length;
          const paid = Math.abs(amounts[original] ?? 0) + 1;
          return {
            kind: 'refund',
            ...key,
            currency,
            amount: wholly ? paid : (paid >> 1) + 1,
            originalOrderId: `F${original}`,
          };
        }
        case 'csat':
          return { kind: 'survey-answer', ...key, survey: 'csat', score: 1 + (of % 5) };
        default:
          return { kind: 'complaint', ...key, step: 'filed' };
      }
    });
  });
