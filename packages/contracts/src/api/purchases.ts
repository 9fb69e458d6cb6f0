import { z } from 'zod';
import { currency, customerRef, entityId, factId, instant, shortText, source } from '../common.ts';
import { purchaseLine, purchaseLines, refundLine, refundLines } from '../events/interaction.ts';
import { wholeNumber } from '../text.ts';
import { factCustomer, occurredAt, position } from './common.ts';

/** One purchase, as its publisher knows it. */
export const purchaseBody = z
  .strictObject({
    source,
    orderId: factId,
    occurredAt,
    customer: factCustomer,
    currency,
    channel: shortText.optional(),
    shop: shortText.optional(),
    campaign: shortText.optional(),
    lines: purchaseLines,
  })
  .meta({ id: 'Purchase', description: '购买: one order with its lines, of a known customer or none' });
export type PurchaseBody = z.infer<typeof purchaseBody>;

/** Money that went back, for a purchase that is named or for none. */
export const refundBody = z
  .strictObject({
    source,
    refundId: factId,
    originalOrderId: factId.optional().describe('The purchase, by its id in the same source'),
    occurredAt,
    customer: factCustomer,
    currency,
    reason: shortText.optional(),
    lines: refundLines,
  })
  .meta({ id: 'Refund', description: 'What goes back; without an original it is kept as unmatched' });
export type RefundBody = z.infer<typeof refundBody>;

/** Gives an anonymous purchase and its refunds to a customer. */
export const claimBody = z
  .strictObject({ customer: customerRef })
  .meta({ id: 'Claim', description: 'An anonymous purchase finds its customer' });
export type ClaimBody = z.infer<typeof claimBody>;

export const purchaseParams = z.strictObject({ source, orderId: factId });

/** Why a refund that was kept needs somebody to look at it. */
export const refundFlag = z.enum(['exceeds-remainder', 'other-currency', 'other-customer']);
export type RefundFlag = z.infer<typeof refundFlag>;

const appliedRefund = z.strictObject({
  refundId: factId,
  occurredAt: instant,
  currency,
  amountMinor: wholeNumber({ min: 0 }).describe('What went back'),
  lines: z.array(refundLine),
  flags: z.array(refundFlag),
});

/** A purchase as it stands, refunds applied. */
export const purchaseView = z
  .strictObject({
    id: entityId,
    source,
    orderId: factId,
    occurredAt: instant,
    customerId: entityId.nullable(),
    claimed: z.boolean().describe('Came without a customer and was given to one later'),
    currency,
    channel: shortText.optional(),
    shop: shortText.optional(),
    campaign: shortText.optional(),
    lines: z.array(purchaseLine),
    grossMinor: wholeNumber(),
    refundedMinor: wholeNumber({ min: 0 }),
    netMinor: wholeNumber(),
    refunds: z.array(appliedRefund).describe('By occurredAt'),
    position,
  })
  .meta({ id: 'PurchaseView', description: 'A purchase as it stands, refunds applied' });
export type PurchaseView = z.infer<typeof purchaseView>;
