import { dayMs } from '@tenure/domain';
import type { Filter } from '@tenure/read-store';
import type { ComputedField } from '@tenure/runtime';

/** Whole days since the last counted order; null without one. Both in ms. */
export function recencyOf(lastPurchaseAt: number | null, now: number): number | null {
  return lastPurchaseAt === null ? null : Math.floor((now - lastPurchaseAt) / dayMs);
}

const stored = '_times.recencyOrder';

/** Recency in filters and sorts: it changes by itself, so what is asked of it is asked of the last order instead. */
export function recencyField(now: number): ComputedField {
  // The stored value is minus the instant of the last order, so it rises with the recency.
  const startOf = (days: number): number => days * dayMs - now;
  return {
    filter(comparison, days): Filter {
      if (days === null) return { [stored]: { [comparison]: null } };
      // Recency is whole: at least 2.5 is at least 3, more than 2.5 as well.
      const [whole, next] = [Math.ceil(days), Math.floor(days) + 1];
      switch (comparison) {
        case '$eq':
          return { [stored]: { $gte: startOf(whole), $lt: startOf(next) } };
        case '$ne':
          return {
            $or: [{ [stored]: null }, { [stored]: { $lt: startOf(whole) } }, { [stored]: { $gte: startOf(next) } }],
          };
        case '$gte':
          return { [stored]: { $gte: startOf(whole) } };
        case '$gt':
          return { [stored]: { $gte: startOf(next) } };
        case '$lt':
          return { [stored]: { $lt: startOf(whole) } };
        case '$lte':
          return { [stored]: { $lt: startOf(next) } };
        default:
          return comparison satisfies never;
      }
    },
    sort: (direction) => [{ field: stored, direction }],
  };
}
