import type { FactLine } from '@tenure/contracts';

type Line<T extends FactLine['type']> = Extract<FactLine, { type: T }>;

const source = 'shop';

export function purchase(
  orderId: string,
  key: string | null,
  occurredAt: string,
  amountMinor = 1_000,
): Line<'purchase'> {
  const customer = key === null ? null : { source, key };
  const lines = [{ lineId: '1', productId: 'P1', quantity: 1, amountMinor }];
  return { type: 'purchase', source, orderId, occurredAt, customer, currency: 'GBP', lines };
}

/** Of a whole purchase, as `purchase` makes them. */
export function refund(
  refundId: string,
  originalOrderId: string,
  key: string,
  occurredAt: string,
  amountMinor = 1_000,
): Line<'refund'> {
  const lines = [{ lineId: '1', productId: 'P1', quantity: 1, amountMinor }];
  const customer = { source, key };
  return { type: 'refund', source, refundId, originalOrderId, occurredAt, customer, currency: 'GBP', lines };
}

export function contact(contactId: string, key: string, occurredAt: string): Line<'contact'> {
  const customer = { source, key };
  return { type: 'contact', source, contactId, occurredAt, customer, channel: 'web', direction: 'in', kind: 'inquiry' };
}

export function followUp(followUpId: string, key: string, occurredAt: string, dueAt: string): Line<'follow-up'> {
  return { type: 'follow-up', source, followUpId, occurredAt, customer: { source, key }, channel: 'phone', dueAt };
}
