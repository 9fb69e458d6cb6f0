import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { service } from '../service.ts';
import { customer, line, otherCustomer, purchase, refund } from '../testing/bodies.ts';
import { link } from '../testing/link.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service]);
});
afterAll(() => server.stop());

const flagsOf = async (orderId: string) =>
  (await server.get(`/v1/purchases/web-shop/${orderId}`)).body.refunds.map(
    ({ refundId, flags }: { refundId: string; flags: string[] }) => [refundId, flags],
  );
const conflictsOf = async (...refundIds: readonly string[]) => {
  const filter = encodeURIComponent(JSON.stringify({ factId: { $in: refundIds } }));
  const { body } = await server.getCurrent(`/v1/conflicts?filter=${filter}&sort=factId,reason`);
  return body.items.map(({ factId, reason }: { factId: string; reason: string }) => [factId, reason]);
};

describe('a refund', () => {
  test('that names no purchase is kept by itself', async () => {
    const first = await server.post('/v1/refunds', refund('u-1', undefined, { reason: 'Broken' }));
    expect(first.status).toBe(202);
    expect((await server.post('/v1/refunds', refund('u-1', undefined, { reason: 'Broken' }))).text).toBe(first.text);
    const [event] = await server.context.store.readStream(server.context.ids.refundStream('web-shop', 'u-1'));
    expect(event).toMatchObject({ type: 'RefundRecorded', personal: { reason: 'Broken' } });
  });

  test('that comes before its purchase is matched when that comes', async () => {
    expect((await server.post('/v1/refunds', refund('e-1', 'early'))).status).toBe(202);
    expect((await server.get('/v1/purchases/web-shop/early')).status).toBe(404);
    expect((await server.post('/v1/purchases', purchase('early'))).status).toBe(202);
    expect((await server.get('/v1/purchases/web-shop/early')).body).toMatchObject({ refundedMinor: 500 });
  });

  test('I4: counts once, whatever it names the second time', async () => {
    await server.post('/v1/purchases', purchase('once'));
    const first = await server.post('/v1/refunds', refund('o-1', 'once'));
    expect(first.status).toBe(202);
    const again = await server.post('/v1/refunds', refund('o-1', 'once'));
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await server.post('/v1/refunds', refund('o-1', 'another'))).status).toBe(409);
    expect((await server.post('/v1/refunds', refund('o-1', undefined))).status).toBe(409);
    expect((await server.get('/v1/purchases/web-shop/once')).body).toMatchObject({ refundedMinor: 500 });
    expect(await conflictsOf('o-1')).toEqual([
      ['o-1', 'content-differs'],
      ['o-1', 'content-differs'],
    ]);
  });

  test('that does not fit its purchase is kept with flags, and listed', async () => {
    await server.post('/v1/purchases', purchase('f', { lines: [line('1', 600)] }));
    await server.post('/v1/refunds', refund('f-1', 'f', { occurredAt: '2026-02-03T10:00:00Z' }));
    expect(await conflictsOf('f-1')).toEqual([]);
    await server.post('/v1/refunds', refund('f-2', 'f', { occurredAt: '2026-02-04T10:00:00Z' }));
    await server.post('/v1/refunds', refund('f-3', 'f', { currency: 'EUR', customer: otherCustomer }));
    expect(await flagsOf('f')).toEqual([
      ['f-1', []],
      ['f-2', ['exceeds-remainder']],
      ['f-3', ['other-currency', 'other-customer']],
    ]);
    expect(await conflictsOf('f-1', 'f-2', 'f-3')).toEqual([
      ['f-2', 'exceeds-remainder'],
      ['f-3', 'other-currency'],
      ['f-3', 'other-customer'],
    ]);
    // An earlier refund that comes late uses up the remainder before the first.
    await server.post('/v1/refunds', refund('f-0', 'f', { occurredAt: '2026-02-02T10:00:00Z' }));
    expect(await conflictsOf('f-0', 'f-1', 'f-2')).toEqual([
      ['f-1', 'exceeds-remainder'],
      ['f-2', 'exceeds-remainder'],
    ]);
  });

  test('loses its flag when the purchase is claimed by whom it went to', async () => {
    await server.post('/v1/purchases', purchase('lost', { customer: null }));
    await server.post('/v1/refunds', refund('l-1', 'lost'));
    expect(await conflictsOf('l-1')).toEqual([['l-1', 'other-customer']]);
    await server.post('/v1/purchases/web-shop/lost/claim', { customer });
    expect(await conflictsOf('l-1')).toEqual([]);
  });

  test('loses its flag when buyer and receiver turn out to be one', async () => {
    const shop = { source: 'web-shop', key: 'one' };
    const till = { source: 'till', key: 'the-same' };
    await server.post('/v1/purchases', purchase('linked', { customer: shop }));
    await server.post('/v1/refunds', refund('k-1', 'linked', { customer: till }));
    await server.post('/v1/refunds', refund('k-2', 'linked', { customer: otherCustomer }));
    expect(await conflictsOf('k-1', 'k-2')).toEqual([
      ['k-1', 'other-customer'],
      ['k-2', 'other-customer'],
    ]);
    await link(server, shop, till);
    expect(await conflictsOf('k-1', 'k-2')).toEqual([['k-2', 'other-customer']]);
    expect(await flagsOf('linked')).toEqual([
      ['k-1', []],
      ['k-2', ['other-customer']],
    ]);
  });
});
