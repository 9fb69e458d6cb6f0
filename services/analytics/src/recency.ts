import { dayMs, isoInstant } from '@tenure/domain';
import type { Filter } from '@tenure/read-store';
import type { ComputedField } from '@tenure/runtime';

/** Whole days since the last counted order; null without one. Both in ms. */
export function recencyOf(lastPurchaseAt: number | null, now: number): number | null {
  return lastPurchaseAt === null ? null : Math.floor((now - lastPurchaseAt) / dayMs);
}

const earliest = -1;
const latest = Date.UTC(9999, 11, 31);

/**
 * Recency in filters and sorts: it changes by itself, so what is asked of it is asked of the last order instead, which
 * has an index.
 */
export function recencyField(now: number): ComputedField {
  /** The last instant of an order so many days ago. */
  const instant = (days: number): string => isoInstant(Math.min(Math.max(now - days * dayMs, earliest), latest));
  const atLeast = (days: number): Filter => ({ lastPurchaseAt: { $lte: instant(days) } });
  const lessThan = (days: number): Filter => ({ lastPurchaseAt: { $gt: instant(days) } });
  return {
    filter(comparison, days): Filter {
      if (days === null) return { lastPurchaseAt: { [comparison]: null } };
      // Recency is whole: at least 2.5 is at least 3, more than 2.5 as well.
      const [whole, next] = [Math.ceil(days), Math.floor(days) + 1];
      switch (comparison) {
        case '$eq':
          return { $and: [atLeast(whole), lessThan(next)] };
        case '$ne':
          return { $or: [{ lastPurchaseAt: null }, lessThan(whole), atLeast(next)] };
        case '$gte':
          return atLeast(whole);
        case '$gt':
          return atLeast(next);
        case '$lt':
          return lessThan(whole);
        case '$lte':
          return lessThan(next);
        default:
          return comparison satisfies never;
      }
    },
    sort: (direction) => [{ field: '_times.recencyOrder', direction }],
  };
}
