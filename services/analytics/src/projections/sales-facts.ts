import type { Document } from '@tenure/read-store';
import { type DocumentChange, type Projection, type RecordedEvent, recordedEvent } from '@tenure/runtime/views';

/** A purchase or a refund as the sales report counts it. Instants in ms, amounts positive, in minor units. */
export interface SalesFact extends Document {
  readonly kind: 'purchase' | 'refund';
  readonly at: number;
  readonly recordedAt: number;
  readonly currency: string;
  readonly amountMinor: number;
  readonly lines: number;
  /** The id it was recorded under; null for an anonymous one. */
  readonly customerId: string | null;
  /** Who claimed it, and when that became known. */
  readonly claimedBy: string | null;
  readonly claimedAt: number | null;
}

/**
 * A row for each purchase and refund, keyed by its event's position, so that rows and their index only ever grow at the
 * end; replaced whole when it is claimed.
 */
export const salesFacts: Projection = {
  name: 'sales-facts',
  collections: [{ name: 'sales-facts', indexes: [{ fields: ['at'] }] }],
  eventTypes: new Set(['PurchaseRecorded', 'RefundRecorded', 'PurchaseClaimed']),

  async event(event, { store }): Promise<readonly DocumentChange[]> {
    if (event.type !== 'PurchaseClaimed' && event.customerId !== null) return salesFact(event, null);
    // The claim may have been delivered before what is claimed: it is another key's event.
    const stream = await store.readStream(event.stream);
    const claimed = stream.find(({ type }) => type === 'PurchaseClaimed');
    const claim = claimed === undefined ? null : { by: claimed.customerId, at: claimed.recordedAt };
    if (event.type !== 'PurchaseClaimed') return salesFact(event, claim);
    return stream.flatMap((stored) => (stored.customerId === null ? salesFact(recordedEvent(stored), claim) : []));
  },
};

function salesFact(
  event: RecordedEvent,
  claim: { readonly by: string | null; readonly at: number } | null,
): readonly DocumentChange[] {
  if (event.type !== 'PurchaseRecorded' && event.type !== 'RefundRecorded') return [];
  const lines: readonly { readonly amountMinor: number }[] = event.data.lines;
  const document: SalesFact = {
    _id: event.position,
    kind: event.type === 'PurchaseRecorded' ? 'purchase' : 'refund',
    at: event.occurredAt,
    recordedAt: event.recordedAt,
    currency: event.data.currency,
    amountMinor: lines.reduce((sum, line) => sum + line.amountMinor, 0),
    lines: lines.length,
    customerId: event.customerId,
    claimedBy: claim?.by ?? null,
    claimedAt: claim?.at ?? null,
  };
  return [{ collection: 'sales-facts', id: event.position, document, isFinal: true }];
}
