import { type Running, start } from '../support/running.ts';

const key = '17850';

function purchase(orderId: string, occurredAt: string, amountMinor: number, customer = key): object {
  const lines = [{ lineId: '1', productId: 'teapot', quantity: 1, amountMinor }];
  return {
    source: 'web-shop',
    orderId,
    occurredAt,
    customer: { source: 'web-shop', key: customer },
    currency: 'GBP',
    lines,
  };
}

/** A small shop as auditors find it: loyal and gold customers, a refund, an order that came late, one sent twice otherwise. */
export async function startAuditedShop(): Promise<Running> {
  const running = await start({ now: '2026-02-01T09:00:00Z' });
  const post = async (path: string, body: object, correlationId: string): Promise<void> => {
    await running.post(path, body, { 'x-correlation-id': correlationId });
    await running.idle();
  };
  await post('/v1/purchases', purchase('1001', '2026-01-05T10:00:00Z', 61_000), 'order-1001');
  await post('/v1/purchases', purchase('1002', '2026-01-07T09:30:00Z', 90_000), 'order-1002');
  await post('/v1/purchases', purchase('1003', '2026-01-12T16:20:00Z', 40_000), 'order-1003');
  await post('/v1/purchases', purchase('1004', '2026-01-20T11:05:00Z', 25_000), 'order-1004');
  await post('/v1/purchases', purchase('1005', '2026-01-28T18:45:00Z', 30_000), 'order-1005');
  await post('/v1/purchases', purchase('2001', '2025-11-20T12:00:00Z', 7_500, '12346'), 'order-2001');
  running.clock.set(Date.parse('2026-02-20T09:00:00Z'));
  await running.idle();
  const refund = {
    source: 'web-shop',
    refundId: 'R1',
    originalOrderId: '1002',
    occurredAt: '2026-02-10T15:00:00Z',
    customer: { source: 'web-shop', key },
    currency: 'GBP',
    lines: [{ lineId: '1', productId: 'teapot', quantity: 1, amountMinor: 90_000 }],
  };
  await post('/v1/refunds', refund, 'refund-R1');
  await post('/v1/purchases', purchase('1000', '2026-01-02T08:15:00Z', 5_000), 'order-1000');
  await post('/v1/purchases', purchase('1004', '2026-01-20T11:05:00Z', 52_000), 'order-1004-again');
  running.clock.set(Date.parse('2026-03-02T09:00:00Z'));
  await running.idle();
  return running;
}
