import { dayMs, isoInstant } from '@tenure/domain';
import { compileFilter } from '@tenure/read-store';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recencyField, recencyOf } from './recency.ts';

const compare = {
  $eq: (recency: number | null, days: number) => recency === days,
  $ne: (recency: number | null, days: number) => recency !== days,
  $gt: (recency: number | null, days: number) => recency !== null && recency > days,
  $gte: (recency: number | null, days: number) => recency !== null && recency >= days,
  $lt: (recency: number | null, days: number) => recency !== null && recency < days,
  $lte: (recency: number | null, days: number) => recency !== null && recency <= days,
} as const;

it('says of the stored instant what was asked of the recency', () => {
  const now = Date.UTC(2011, 2, 1);
  const last = fc.option(
    fc.oneof(
      fc.integer({ min: 0, max: 400 }).map((days) => now - days * dayMs),
      fc.integer({ min: now - 9 * dayMs, max: now }),
    ),
  );
  const days = fc.oneof(fc.integer({ min: -2, max: 400 }), fc.constantFrom(2.5, 0.5, 7.999));
  fc.assert(
    fc.property(last, days, fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte'), (at, asked, comparison) => {
      const document = { _id: 'c', lastPurchaseAt: at === null ? null : isoInstant(at) };
      const matches = compileFilter(recencyField(now).filter(comparison, asked))(document);
      expect(matches).toBe(compare[comparison](recencyOf(at, now), asked));
    }),
  );
});
