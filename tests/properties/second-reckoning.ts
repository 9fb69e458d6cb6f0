import type { CustomerState } from '@tenure/domain';
import { customerAt, customersTierTransitions, type Fact, transitions } from '../oracle/index.ts';

/** What the product and the oracle both say about a customer, in one form. */
export type Reckoning = Readonly<Record<string, unknown>>;

/** A score that lies on a half may be rounded either way, by a sum in another order. */
const tie = 'on a half';

/** The oracle's word on the customer with a key; undefined without a fact by then. */
export function reckoned(facts: readonly Fact[], key: string, asOf: number, zone: string): Reckoning | undefined {
  const view = customerAt(facts, key, asOf, { zone });
  if (view === null) return undefined;
  const { satisfaction, recency: _, expired: __, lots, ...rest } = view;
  const isTie = satisfaction !== null && Math.abs((satisfaction.exact % 1) - 0.5) < 1e-9;
  return {
    ...rest,
    spend: Object.fromEntries(Object.entries(view.spend).sort()),
    lots: lots.map(({ earned: points, ...lot }) => ({ ...lot, points })),
    transitions: transitions(facts, key, asOf, { zone }).map(({ from, to, at }) => ({ from, to, at })),
    tiers: customersTierTransitions(facts, key, asOf),
    satisfaction: isTie ? tie : (satisfaction?.score ?? null),
    band: isTie ? tie : (satisfaction?.band ?? null),
  };
}

/** The product's, for comparison with what the oracle said. */
export function derived(state: CustomerState | undefined, second: Reckoning | undefined): Reckoning | undefined {
  if (state === undefined) return undefined;
  const { account } = state;
  const moved = (kind: string): number =>
    account.entries.filter((entry) => entry.kind === kind).reduce((sum, { points }) => sum + points, 0);
  const isTie = second?.satisfaction === tie && state.satisfaction !== null;
  return {
    spend: Object.fromEntries([...state.spend].sort()),
    frequency: state.frequency,
    purchaseDays: state.purchaseDays,
    lastPurchaseAt: state.lastPurchaseAt,
    customerSince: state.customerSince,
    class: state.class,
    stage: state.stage,
    stageSince: state.stageSince,
    points: account.balance,
    earned: moved('earned'),
    takenBack: moved('taken-back'),
    debt: account.debt,
    lots: account.lots.map(({ source, orderId, earnedAt, expiresAt, points, remaining, expired }) => ({
      source,
      orderId,
      earnedAt,
      expiresAt,
      points,
      remaining,
      expired,
    })),
    tier: account.tier,
    tierSince: account.tierSince,
    transitions: state.transitions.map(({ from, to, at }) => ({ from, to, at })),
    // A review that keeps a tier is a step of the product's; the oracle tells changes only.
    tiers: account.tierSteps
      .filter(({ from, to }) => from !== to)
      .map(({ from, to, at, reason }) => ({ from, to, at, reason })),
    satisfaction: isTie ? tie : state.satisfaction,
    band: isTie ? tie : state.satisfactionBand,
  };
}
