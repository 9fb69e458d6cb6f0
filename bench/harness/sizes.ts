import type { PurchaseSet } from './purchases.ts';

/** How much of everything. */
export interface Sizes {
  /** Runs of each case; their medians count. */
  readonly runs: number;
  readonly loadSeconds: number;
  readonly connections: number;
  readonly batchPurchases: number;
  readonly pipelinePurchases: number;
  readonly pipelineCustomers: number;
  readonly lagSeconds: number;
  readonly overloadSeconds: number;
  /** Purchases of the one customer with a long history, and how many late facts are timed one by one. */
  readonly longHistory: number;
  readonly lateFacts: number;
  readonly listCustomers: number;
  readonly listPages: number;
  /** How often each is asked as of an instant. */
  readonly asOfReports: number;
  /** Customers whose timers are due at once. */
  readonly timedCustomers: number;
  /** Events of the large and of the small store. */
  readonly manyEvents: number;
  readonly fewEvents: number;
  /** Purchases that are appended to each of the two. */
  readonly appended: number;
  /** Events that the relay carries. */
  readonly relayEvents: number;
  /** Events whose views are written to MongoDB. */
  readonly mongoEvents: number;
  /** For how long the cluster is asked for as much as it takes, and for how long for half of that. */
  readonly peakSeconds: number;
  readonly visibleSeconds: number;
  /** Purchases that instances of a service catch up with. */
  readonly scalePurchases: number;
  /** For how long a group is watched before an instance leaves or joins, and after. */
  readonly watchSeconds: number;
}

/** As promised. */
export const fullSizes: Sizes = {
  runs: 3,
  loadSeconds: 30,
  connections: 100,
  batchPurchases: 200_000,
  pipelinePurchases: 500_000,
  pipelineCustomers: 50_000,
  lagSeconds: 30,
  overloadSeconds: 10,
  longHistory: 10_000,
  lateFacts: 100,
  listCustomers: 100_000,
  listPages: 1_000,
  asOfReports: 50,
  timedCustomers: 500_000,
  manyEvents: 1_000_000,
  fewEvents: 10_000,
  appended: 20_000,
  relayEvents: 60_000,
  mongoEvents: 20_000,
  peakSeconds: 10,
  visibleSeconds: 40,
  scalePurchases: 6_000,
  watchSeconds: 6,
};

/** Just enough to see that everything runs; the figures mean nothing. */
export const quickSizes: Sizes = {
  runs: 1,
  loadSeconds: 1,
  connections: 10,
  batchPurchases: 500,
  pipelinePurchases: 500,
  pipelineCustomers: 50,
  lagSeconds: 1,
  overloadSeconds: 1,
  longHistory: 100,
  lateFacts: 3,
  listCustomers: 100,
  listPages: 10,
  asOfReports: 2,
  timedCustomers: 100,
  manyEvents: 1_000,
  fewEvents: 200,
  appended: 100,
  relayEvents: 1_000,
  mongoEvents: 1_000,
  peakSeconds: 1,
  visibleSeconds: 2,
  scalePurchases: 100,
  watchSeconds: 1,
};

/** Registrations, purchases and what is derived of them, for ten purchases a customer: 2.38 events each. */
const EVENTS_PER_PURCHASE = 2.3;

/** The same for some four purchases a customer. */
const EVENTS_PER_SPARSE_PURCHASE = 2.6;

/** Purchases that make at least so many events. */
export function purchasesFor(events: number): PurchaseSet {
  const purchases = Math.ceil(events / EVENTS_PER_PURCHASE);
  return { customers: Math.ceil(purchases / 10), purchases };
}

/** The same of customers who buy less: ten events each, with what is derived. */
export function sparselyFor(events: number): PurchaseSet {
  return { customers: Math.ceil(events / 10), purchases: Math.ceil(events / EVENTS_PER_SPARSE_PURCHASE) };
}
