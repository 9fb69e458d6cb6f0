import type { SalesReport } from '@tenure/contracts';
import type { Filter } from '@tenure/read-store';
import type { ServiceContext } from '@tenure/runtime';
import { readHistory } from '@tenure/runtime/views';
import type { SalesFact } from '../projections/sales-facts.ts';

/** Bounds of the report, in ms. `from` and `asOf` inclusive, `to` exclusive. */
export interface SalesBounds {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly asOf: number;
  readonly knownAt: number | undefined;
}

interface Sums {
  orders: number;
  refunds: number;
  lines: number;
  refundLines: number;
  anonymousLines: number;
  grossMinor: number;
  refundedMinor: number;
  readonly buyers: Set<string>;
  readonly customers: Set<string>;
}

type Sales = SalesReport['items'][number];

/** Sales by currency, summed over the facts of the period as they were known. */
export async function sumSales(
  context: ServiceContext,
  bounds: SalesBounds,
  signal: AbortSignal,
): Promise<readonly Sales[]> {
  const sums = new Map<string, Sums>();
  const canonical = await canonicalIds(context, bounds.knownAt);
  for await (const page of context.views.current().stream<SalesFact>('sales-facts', { filter: filterOf(bounds) })) {
    signal.throwIfAborted();
    for (const fact of page) add(sums, fact, bounds.knownAt, canonical);
  }
  return [...sums]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([currency, { buyers, customers, ...rest }]) => ({
      currency,
      ...rest,
      netMinor: rest.grossMinor - rest.refundedMinor,
      buyers: buyers.size,
      customers: customers.size,
    }));
}

function filterOf({ from, to, asOf, knownAt }: SalesBounds): Filter {
  const bounds: Filter[] = [{ at: { $lte: asOf } }];
  if (from !== undefined) bounds.push({ at: { $gte: from } });
  if (to !== undefined) bounds.push({ at: { $lt: to } });
  if (knownAt !== undefined) bounds.push({ recordedAt: { $lte: knownAt } });
  return { $and: bounds };
}

function add(
  sums: Map<string, Sums>,
  fact: SalesFact,
  knownAt: number | undefined,
  canonical: ReadonlyMap<string, string>,
): void {
  let sum = sums.get(fact.currency);
  if (sum === undefined) {
    sum = {
      orders: 0,
      refunds: 0,
      lines: 0,
      refundLines: 0,
      anonymousLines: 0,
      grossMinor: 0,
      refundedMinor: 0,
      buyers: new Set(),
      customers: new Set(),
    };
    sums.set(fact.currency, sum);
  }
  if (fact.kind === 'purchase') {
    sum.orders++;
    sum.lines += fact.lines;
    sum.grossMinor += fact.amountMinor;
  } else {
    sum.refunds++;
    sum.refundLines += fact.lines;
    sum.refundedMinor += fact.amountMinor;
  }
  const customerId = customerOf(fact, knownAt);
  if (customerId === null) {
    sum.anonymousLines += fact.lines;
    return;
  }
  const id = canonical.get(customerId) ?? customerId;
  sum.customers.add(id);
  if (fact.kind === 'purchase') sum.buyers.add(id);
}

/** Whose it is as far as was known: a claim is knowledge, so it counts from when it was recorded. */
function customerOf({ customerId, claimedBy, claimedAt }: SalesFact, knownAt: number | undefined): string | null {
  if (customerId !== null || claimedBy === null || claimedAt === null) return customerId;
  return knownAt === undefined || claimedAt <= knownAt ? claimedBy : null;
}

/** From each id that is not its customer's first to that one, as far as the links were known. */
async function canonicalIds(
  { store, views }: ServiceContext,
  knownAt: number | undefined,
): Promise<ReadonlyMap<string, string>> {
  const canonical = new Map<string, string>();
  for await (const page of views.current().stream('aliases')) {
    for (const { _id, canonicalId } of page) {
      if (typeof canonicalId !== 'string') continue;
      if (knownAt === undefined) canonical.set(_id, canonicalId);
      else {
        const history = await readHistory(store, _id, { knownAt });
        if (history !== undefined && history.canonicalId !== _id) canonical.set(_id, history.canonicalId);
      }
    }
  }
  return canonical;
}
