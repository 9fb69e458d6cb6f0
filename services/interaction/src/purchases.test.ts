import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { service } from './service.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service]);
});
afterAll(() => server.stop());

const line = (lineId: string, amountMinor: number) => ({ lineId, productId: `p-${lineId}`, quantity: 1, amountMinor });
const customer = { source: 'web-shop', key: '17850' };
const purchase = (orderId: string, changes: object = {}) => ({
  source: 'web-shop',
  orderId,
  occurredAt: '2026-02-01T10:00:00Z',
  customer,
  currency: 'GBP',
  lines: [line('1', 1500), line('2', 500)],
  ...changes,
});

describe('a purchase', () => {
  test('is accepted, and the same again is the same', async () => {
    const first = await server.post('/v1/purchases', purchase('o-1'));
    expect(first.status).toBe(202);
    expect(first.headers.get('tenure-position')).toBe(first.body.position);
    expect(first.body.customerId).toMatch(/^[0-9a-f]{32}$/);
    const again = await server.post('/v1/purchases', purchase('o-1'));
    expect(again.status).toBe(200);
    expect(again.text).toBe(first.text);
  });
});
