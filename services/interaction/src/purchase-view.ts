import type { PurchaseView } from '@tenure/contracts';
import { isoInstant, type PurchaseAsItStands, purchaseAsItStands, purchaseDecider } from '@tenure/domain';
import type { EventStore, StoredEvent } from '@tenure/event-store';
import type { AsOf } from '@tenure/runtime';
import { idOfStream, type Knowledge, readHistory, stateOf } from '@tenure/runtime/views';

/** A purchase out of the events of its stream, with what is known of linked ids. Undefined if nothing is known of it. */
export async function asItStands(
  store: EventStore,
  events: readonly StoredEvent[],
  knowledge: Knowledge = {},
): Promise<PurchaseAsItStands | undefined> {
  const state = stateOf(purchaseDecider, events);
  if (state.status !== 'recorded') return purchaseAsItStands(state);
  const buyer = state.customerId ?? state.claimedBy;
  const receivers = state.refunds.map((refund) => refund.customerId ?? state.claimedBy);
  if (buyer === null || receivers.every((receiver) => receiver === buyer)) return purchaseAsItStands(state);
  const linked = new Set((await readHistory(store, buyer, knowledge))?.ids);
  return purchaseAsItStands(state, (customerId) => (linked.has(customerId) ? buyer : customerId));
}

/** The same as the API has it, as of then. Undefined if the purchase itself has not come. */
export async function purchaseView(
  store: EventStore,
  events: readonly StoredEvent[],
  { knownAt }: AsOf,
): Promise<PurchaseView | undefined> {
  // What was claimed may have been bought later.
  if (!events.some(({ type }) => type === 'PurchaseRecorded')) return undefined;
  const standing = await asItStands(store, events, knownAt === undefined ? {} : { knownAt });
  const last = events.at(-1);
  if (standing?.status !== 'recorded' || last === undefined) return undefined;
  const {
    claimedBy,
    remaining: _,
    status: __,
    occurredAt,
    lines,
    grossMinor,
    refundedMinor,
    refunds,
    ...rest
  } = standing;
  return {
    id: idOfStream(last.stream),
    ...rest,
    occurredAt: isoInstant(occurredAt),
    claimed: claimedBy !== null,
    lines: [...lines],
    grossMinor,
    refundedMinor,
    netMinor: grossMinor - refundedMinor,
    refunds: refunds.map((refund) => ({
      refundId: refund.refundId,
      occurredAt: isoInstant(refund.occurredAt),
      currency: refund.currency,
      amountMinor: refund.amountMinor,
      lines: [...refund.lines],
      flags: [...refund.flags],
    })),
    position: last.position,
  };
}
