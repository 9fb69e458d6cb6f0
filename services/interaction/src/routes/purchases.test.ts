import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { service } from '../service.ts';
import { customer, line, otherCustomer, purchase, refund } from '../testing/bodies.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service]);
});
afterAll(() => server.stop());

const typesIn = async (stream: string): Promise<readonly string[]> =>
  (await server.context.store.readStream(stream)).map(({ type }) => type);
const purchaseStream = (orderId: string): string => server.context.ids.purchaseStream('web-shop', orderId);

describe('a purchase', () => {
  test('I4: sent again, also in other words for the same, it happens once and is answered as the first time', async () => {
    const first = await server.post('/v1/purchases', purchase('o-1'));
    expect(first.status).toBe(202);
    expect(first.body.id).toBe(purchaseStream('o-1').slice(-32));
    expect(first.body.customerId).toBe(server.context.ids.customerId(customer.source, customer.key));
    expect(first.headers.get('tenure-position')).toBe(first.body.position);
    await server.post('/v1/purchases', purchase('o-2'));
    const sameInstant = purchase('o-1', { occurredAt: '2026-02-01T11:00:00.000+01:00' });
    for (const body of [purchase('o-1'), sameInstant]) {
      const again = await server.post('/v1/purchases', body);
      expect(again.status).toBe(200);
      expect(again.text).toBe(first.text);
      expect(again.headers.get('tenure-position')).toBe(first.body.position);
    }
    expect(await typesIn(purchaseStream('o-1'))).toEqual(['PurchaseRecorded']);
  });

  test('by an unknown key registers the customer, once', async () => {
    const unknown = { source: 'till', key: 'new-one' };
    const answers = await Promise.all(
      ['r-1', 'r-2', 'r-3'].map((id) => server.post('/v1/purchases', purchase(id, { customer: unknown }))),
    );
    const [customerId] = answers.map(({ body }) => body.customerId);
    const profile = await server.context.store.readStream(`profile-${customerId}`);
    expect(profile.map(({ type, personal }) => [type, personal])).toEqual([['CustomerRegistered', { key: 'new-one' }]]);
  });

  test('I3: many that come at once with the same id and other content leave one, and the rest are conflicts', async () => {
    const contents = Array.from({ length: 8 }, (_, i) => purchase('race', { lines: [line('1', 100 + i)] }));
    const answers = await Promise.all(contents.map((body) => server.post('/v1/purchases', body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array<number>(7).fill(409)]);
    expect((await typesIn(purchaseStream('race'))).filter((type) => type === 'PurchaseRecorded')).toHaveLength(1);
  });

  test('with other content is refused, and kept for somebody to see, once', async () => {
    await server.post('/v1/purchases', purchase('c-1'));
    const different = purchase('c-1', { lines: [line('1', 1)] });
    const refusal = await server.post('/v1/purchases', different);
    expect(refusal.status).toBe(409);
    expect(refusal.body.type).toBe('urn:tenure:problem:conflict');
    expect((await server.post('/v1/purchases', different)).status).toBe(409);
    expect((await server.post('/v1/purchases', purchase('c-1'))).status).toBe(200);
    const list = await server.getCurrent('/v1/conflicts?factId=c-1');
    expect(list.body.items).toHaveLength(1);
    expect(list.body.items[0]).toMatchObject({
      reason: 'content-differs',
      kind: 'purchase',
      source: 'web-shop',
      factId: 'c-1',
      submitted: { lines: [{ lineId: '1', amountMinor: 1 }] },
    });
  });

  test('without a customer belongs to nobody', async () => {
    const answer = await server.post('/v1/purchases', purchase('anonymous-1', { customer: null }));
    expect(answer.status).toBe(202);
    expect(answer.body.customerId).toBeNull();
  });

  test('may be up to 24 hours ahead of the clock', async () => {
    const at = (occurredAt: string) => server.post('/v1/purchases', purchase(`at-${occurredAt}`, { occurredAt }));
    expect((await at('2026-03-02T12:00:00Z')).status).toBe(202);
    const refusal = await at('2026-03-02T12:00:00.001Z');
    expect(refusal.status).toBe(422);
    expect(refusal.body.errors).toEqual([{ pointer: '/occurredAt', detail: 'is more than 24 h in the future' }]);
  });

  test.each([
    ['an unknown field', { colour: 'red' }, '/colour'],
    ['a float', { lines: [line('1', 1.5)] }, '/lines/0/amountMinor'],
    ['a line id twice', { lines: [line('1', 1), line('1', 2)] }, '/lines/1/lineId'],
    ['no customer said', { customer: undefined }, '/customer'],
    ['a day that does not exist', { occurredAt: '2026-02-30T10:00:00Z' }, '/occurredAt'],
    ['half a character', { orderId: 'a\ud800' }, '/orderId'],
  ])('with %s is refused, naming the field', async (_, changes, pointer) => {
    const refusal = await server.post('/v1/purchases', purchase('invalid', changes));
    expect(refusal.status).toBe(422);
    expect(refusal.body.errors[0].pointer).toBe(pointer);
  });

  test('is read as it stands', async () => {
    await server.post('/v1/purchases', purchase('g-1', { channel: 'web', shop: 'London' }));
    await server.post('/v1/refunds', refund('g-r-1', 'g-1'));
    const { status, headers, body } = await server.get('/v1/purchases/web-shop/g-1');
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toMatchObject({
      source: 'web-shop',
      orderId: 'g-1',
      occurredAt: '2026-02-01T10:00:00.000Z',
      claimed: false,
      channel: 'web',
      shop: 'London',
      grossMinor: 2000,
      refundedMinor: 500,
      netMinor: 1500,
      refunds: [{ refundId: 'g-r-1', amountMinor: 500, flags: [] }],
    });
    expect((await server.get('/v1/purchases/web-shop/unheard-of')).status).toBe(404);
  });
});

describe('a claim', () => {
  const claim = (orderId: string, claimer: object, headers = {}) =>
    server.post(`/v1/purchases/web-shop/${orderId}/claim`, { customer: claimer }, headers);

  test('gives an anonymous purchase to a customer, dated as the purchase; again the same, another is refused', async () => {
    await server.post('/v1/purchases', purchase('cl-1', { customer: null }));
    const claimer = { source: 'web-shop', key: 'claimer' };
    const first = await claim('cl-1', claimer);
    expect(first.status).toBe(202);
    const claimed = await server.context.store.readCustomer(first.body.customerId);
    expect(claimed.map(({ type, occurredAt }) => [type, occurredAt])).toEqual([
      ['CustomerRegistered', Date.parse('2026-02-01T10:00:00Z')],
      ['PurchaseClaimed', Date.parse('2026-02-01T10:00:00Z')],
    ]);
    const again = await claim('cl-1', claimer);
    expect(again.status).toBe(200);
    expect(again.text).toBe(first.text);
    expect((await claim('cl-1', otherCustomer)).status).toBe(409);
    expect((await server.get('/v1/purchases/web-shop/cl-1')).body).toMatchObject({
      claimed: true,
      customerId: first.body.customerId,
    });
    const list = await server.getCurrent('/v1/conflicts?factId=cl-1');
    expect(list.body.items).toMatchObject([{ kind: 'claim', reason: 'content-differs' }]);
  });

  test('takes the refunds that came before it and after it', async () => {
    await server.post('/v1/purchases', purchase('cl-2', { customer: null }));
    await server.post('/v1/refunds', refund('cl-2-a', 'cl-2', { customer: null }));
    const { body } = await claim('cl-2', customer);
    const after = await server.post('/v1/refunds', refund('cl-2-b', 'cl-2', { customer: null }));
    expect(after.body.customerId).toBe(body.customerId);
    expect((await server.get('/v1/purchases/web-shop/cl-2')).body.refunds).toMatchObject([
      { flags: [] },
      { flags: [] },
    ]);
  });

  test('needs an anonymous purchase, and the revision that was seen', async () => {
    await server.post('/v1/purchases', purchase('cl-3'));
    expect((await claim('cl-3', otherCustomer)).body.type).toBe('urn:tenure:problem:not-anonymous');
    expect((await claim('cl-4', customer)).status).toBe(404);
    await server.post('/v1/purchases', purchase('cl-5', { customer: null }));
    expect((await claim('cl-5', customer, { 'if-match': '"4"' })).status).toBe(412);
    expect((await claim('cl-5', customer, { 'if-match': '"0"' })).status).toBe(202);
    // The retry of what was done is answered before the revision is looked at.
    expect((await claim('cl-5', customer, { 'if-match': '"0"' })).status).toBe(200);
  });
});

test('a purchase as of an instant has the refunds that were made by then, and the claims that were known', async () => {
  await server.post('/v1/purchases', purchase('then', { customer: null, occurredAt: '2026-02-01T10:00:00Z' }));
  await server.post('/v1/refunds', refund('then-r', 'then', { customer: null, occurredAt: '2026-02-10T10:00:00Z' }));
  server.clock.set(Date.parse('2026-03-02T12:00:00Z'));
  const claimed = await server.post('/v1/purchases/web-shop/then/claim', { customer });
  const then = async (query: string) => {
    const { status, body, headers } = await server.get(`/v1/purchases/web-shop/then?${query}`);
    return status === 200
      ? { netMinor: body.netMinor, customerId: body.customerId, etag: headers.get('etag') }
      : status;
  };
  const { customerId } = claimed.body;
  expect(await then('')).toEqual({ netMinor: 1500, customerId, etag: '"2"' });
  // A claim is of all of the past, as soon as it is known.
  expect(await then('asOf=2026-02-05T00:00:00Z')).toEqual({ netMinor: 2000, customerId, etag: null });
  expect(await then('knownAt=2026-03-01T12:00:00Z')).toEqual({ netMinor: 1500, customerId: null, etag: null });
  expect(await then('asOf=2026-02-05T00:00:00Z&knownAt=2026-03-01T12:00:00Z')).toEqual({
    netMinor: 2000,
    customerId: null,
    etag: null,
  });
  expect(await then('asOf=2026-01-01T00:00:00Z')).toBe(404);
  const earlier = purchase('then', { customer: null, occurredAt: '2026-01-01T10:00:00Z' });
  expect((await server.post('/v1/purchases', earlier)).status).toBe(409);
  expect(await then('asOf=2026-01-05T00:00:00Z')).toBe(404);
  expect(await then('knownAt=2026-02-01T00:00:00Z')).toBe(404);
});
