import type { Money, PurchaseLine, RefundFlag, RefundLine } from '@tenure/contracts';
import { totalMinor } from '../order-lines.ts';
import { compareBytes } from '../time/compare-bytes.ts';
import type { PurchaseState, RecordedPurchase, RefundOfPurchase } from './purchase.ts';

/** A refund that names the purchase, and why somebody should look at it. */
export interface AppliedRefund {
  readonly source: string;
  readonly refundId: string;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
  /** Whose it is; the claimer's if it came without a customer. */
  readonly customerId: string | null;
  readonly currency: string;
  readonly amountMinor: number;
  readonly lines: readonly RefundLine[];
  readonly flags: readonly RefundFlag[];
}

interface AwaitingView {
  readonly status: 'awaiting';
  readonly source: string;
  readonly orderId: string;
  readonly refunds: readonly AppliedRefund[];
}

interface RecordedView {
  readonly status: 'recorded';
  readonly source: string;
  readonly orderId: string;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
  /** Whose it is; the claimer's if it came without a customer. */
  readonly customerId: string | null;
  readonly claimedBy: string | null;
  readonly currency: string;
  readonly channel?: string;
  readonly shop?: string;
  readonly campaign?: string;
  readonly lines: readonly PurchaseLine[];
  readonly grossMinor: number;
  /** In the purchase's currency. */
  readonly refundedMinor: number;
  /** By currency, the purchase's first; less what was refunded in each, so another currency's is negative. */
  readonly remaining: readonly Money[];
  readonly refunds: readonly AppliedRefund[];
}

export type PurchaseAsItStands = AwaitingView | RecordedView;

/**
 * A purchase with its refunds applied in content order, so that the order of arrival plays no part.
 * @param canonical names a customer by one id when several are linked
 * @returns undefined if nothing is known of it
 */
export function purchaseAsItStands(
  state: PurchaseState,
  canonical: (customerId: string) => string = (customerId) => customerId,
): PurchaseAsItStands | undefined {
  if (state.status === 'unknown') return undefined;
  const { source, orderId } = state;
  const refunds = state.refunds.toSorted(inContentOrder);
  if (state.status === 'awaiting') {
    return { status: 'awaiting', source, orderId, refunds: refunds.map((refund) => applied(refund, null, [])) };
  }
  const { content, occurredAt, claimedBy } = state;
  const customerId = state.customerId ?? claimedBy;
  const { currency, channel, shop, campaign, lines } = content;
  const grossMinor = totalMinor(lines);
  const remaining = new Map([[currency, grossMinor]]);
  const views: AppliedRefund[] = [];
  for (const refund of refunds) {
    const left = (remaining.get(refund.currency) ?? 0) - totalMinor(refund.lines);
    remaining.set(refund.currency, left);
    views.push(applied(refund, claimedBy, flagsOf(refund, state, left, canonical)));
  }
  return {
    status: 'recorded',
    source,
    orderId,
    occurredAt,
    customerId,
    claimedBy,
    currency,
    ...(channel === undefined ? {} : { channel }),
    ...(shop === undefined ? {} : { shop }),
    ...(campaign === undefined ? {} : { campaign }),
    lines,
    grossMinor,
    refundedMinor: grossMinor - (remaining.get(currency) ?? 0),
    remaining: moneyOf(remaining, currency),
    refunds: views,
  };
}

function inContentOrder(left: RefundOfPurchase, right: RefundOfPurchase): number {
  return (
    left.occurredAt - right.occurredAt ||
    compareBytes(left.source, right.source) ||
    compareBytes(left.refundId, right.refundId)
  );
}

function applied(refund: RefundOfPurchase, claimedBy: string | null, flags: readonly RefundFlag[]): AppliedRefund {
  const { source, refundId, occurredAt, currency, lines } = refund;
  const customerId = refund.customerId ?? claimedBy;
  return { source, refundId, occurredAt, customerId, currency, amountMinor: totalMinor(lines), lines, flags };
}

function flagsOf(
  refund: RefundOfPurchase,
  purchase: RecordedPurchase,
  leftMinor: number,
  canonical: (customerId: string) => string,
): readonly RefundFlag[] {
  const flags: RefundFlag[] = [];
  const isSameCurrency = refund.currency === purchase.content.currency;
  if (isSameCurrency && leftMinor < 0) flags.push('exceeds-remainder');
  if (!isSameCurrency) flags.push('other-currency');
  const buyer = purchase.customerId ?? purchase.claimedBy;
  const receiver = refund.customerId ?? purchase.claimedBy;
  const isSameCustomer =
    buyer === receiver || (buyer !== null && receiver !== null && canonical(buyer) === canonical(receiver));
  if (!isSameCustomer) flags.push('other-customer');
  return flags;
}

function moneyOf(remaining: ReadonlyMap<string, number>, first: string): readonly Money[] {
  return [...remaining]
    .sort(([left], [right]) => Number(right === first) - Number(left === first) || compareBytes(left, right))
    .map(([currency, amountMinor]) => ({ amountMinor, currency }));
}
