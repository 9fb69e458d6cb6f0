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
  /** Events of the large and of the small store. */
  readonly manyEvents: number;
  readonly fewEvents: number;
  /** Purchases that are appended to each of the two. */
  readonly appended: number;
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
  manyEvents: 1_000_000,
  fewEvents: 10_000,
  appended: 20_000,
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
  manyEvents: 1_000,
  fewEvents: 200,
  appended: 100,
};

/** Registrations, purchases and what is derived of them, for ten purchases a customer: 2.38 events each. */
const EVENTS_PER_PURCHASE = 2.3;

/** Purchases that make at least so many events. */
export function purchasesFor(events: number): PurchaseSet {
  const purchases = Math.ceil(events / EVENTS_PER_PURCHASE);
  return { customers: Math.ceil(purchases / 10), purchases };
}
