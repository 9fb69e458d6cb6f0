/** Bodies of facts for tests; fields may be replaced. */

export const customer = { source: 'web-shop', key: '17850' };
export const otherCustomer = { source: 'web-shop', key: '12346' };

export const line = (lineId: string, amountMinor: number) => ({
  lineId,
  productId: `product-${lineId}`,
  quantity: 1,
  amountMinor,
});

export const purchase = (orderId: string, changes: object = {}) => ({
  source: 'web-shop',
  orderId,
  occurredAt: '2026-02-01T10:00:00Z',
  customer,
  currency: 'GBP',
  lines: [line('1', 1500), line('2', 500)],
  ...changes,
});

export const refund = (refundId: string, originalOrderId: string | undefined, changes: object = {}) => ({
  source: 'web-shop',
  refundId,
  originalOrderId,
  occurredAt: '2026-02-10T10:00:00Z',
  customer,
  currency: 'GBP',
  lines: [line('1', 500)],
  ...changes,
});

export const contact = (contactId: string, changes: object = {}) => ({
  source: 'call-centre',
  contactId,
  occurredAt: '2026-02-05T09:00:00Z',
  customer,
  channel: 'phone',
  direction: 'in',
  kind: 'inquiry',
  subject: 'Where is my parcel?',
  ...changes,
});

export const followUp = (followUpId: string, changes: object = {}) => ({
  source: 'crm',
  followUpId,
  occurredAt: '2026-02-20T09:00:00Z',
  customer,
  channel: 'phone',
  dueAt: '2026-03-02T09:00:00Z',
  purpose: 'Ask how the machine runs',
  ...changes,
});

export const survey = (invitationId: string, changes: object = {}) => ({
  source: 'survey-tool',
  invitationId,
  kind: 'nps',
  customer,
  channel: 'email',
  sentAt: '2026-02-20T09:00:00Z',
  ...changes,
});

export const answer = (invitationId: string, changes: object = {}) => ({
  source: 'survey-tool',
  invitationId,
  answeredAt: '2026-02-21T09:00:00Z',
  score: 9,
  comment: 'Quick and friendly',
  ...changes,
});
