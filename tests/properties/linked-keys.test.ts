import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customerIdOf, iso, type Key } from '../support/arrivals.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { type Answer, type Body, type Running, start } from '../support/running.ts';

const now = '2026-03-01T12:00:00.000Z';
const day = (number: number): string =>
  new Date(Date.parse('2026-01-01T12:00:00Z') + number * 86_400_000).toISOString();

let running: Running;
let number = 0;
beforeAll(async () => {
  running = await start({ now });
});
afterAll(() => running?.stop());

/** Keys of one person that nobody has used before. */
function keysOf(...sources: readonly string[]): readonly Key[] {
  const person = ++number;
  return sources.map((source) => ({ source, key: `person ${person}` }));
}

const lines = (amountMinor: number) => [{ lineId: '1', productId: 'tea', quantity: 1, amountMinor }];
/** Sources of their own keep what one test sells apart. */
const order = (customer: Key | null, onDay: number, amountMinor: number, source = 'shop'): Body => ({
  source,
  orderId: `order-${++number}`,
  occurredAt: day(onDay),
  customer,
  currency: 'GBP',
  lines: lines(amountMinor),
});
const refundOf = (
  { source, orderId }: Body,
  onDay: number,
  amountMinor: number,
  customer: Key | null = null,
): Body => ({
  source,
  refundId: `refund-${++number}`,
  originalOrderId: orderId,
  occurredAt: day(onDay),
  customer,
  currency: 'GBP',
  lines: lines(amountMinor),
});

const buy = (customer: Key | null, onDay: number, amountMinor: number): Promise<Answer> =>
  running.post('/v1/purchases', order(customer, onDay, amountMinor));
const link = (one: Key, other: Key): Promise<Answer> =>
  running.post(`/v1/customers/${customerIdOf(one)}/links`, { customer: other });
const claim = ({ source, orderId }: Body, customer: Key): Promise<Answer> =>
  running.post(`/v1/purchases/${source}/${orderId}/claim`, { customer });

async function view(key: Key, query = ''): Promise<Body> {
  await running.settled();
  return (await running.get(`/v1/customers/${customerIdOf(key)}${query}`)).body;
}

/** Customers under the first of their ids, by any of their ids and keys. */
async function expectOne(keys: readonly Key[], expected: Body): Promise<void> {
  await running.settled();
  const [first, ...aliases] = keys.map(customerIdOf);
  for (const key of keys) {
    for (const path of [customerIdOf(key), `by-key/${key.source}/${encodeURIComponent(key.key)}`]) {
      const { status, body } = await running.get(`/v1/customers/${path}`);
      expect({ status, body }).toMatchObject({ status: 200, body: { id: first, aliases, keys, ...expected } });
      expect((await running.get(`/v1/customers/${path}?asOf=${iso(running.clock.now())}`)).body).toEqual(body);
    }
  }
}

const types = (answer: Answer): readonly string[] => answer.body.items.map(({ type }: Body) => type);

describe('keys that are linked', () => {
  it('are one customer, by either id and either key', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    await buy(shop, 0, 1_000);
    await buy(app, 3, 2_000);
    expect((await view(app)).aliases).toEqual([]);
    expect((await link(shop, app)).status).toBe(202);
    await expectOne([shop, app], {
      spend: [{ amountMinor: 3_000, currency: 'GBP' }],
      frequency: 2,
      stage: 'active',
      stageSince: day(3),
      points: 30,
    });
    await buy(app, 5, 500);
    await expectOne([shop, app], { frequency: 3, points: 35 });
  });

  it('are the customer of the first that was registered, whoever is linked with whom, in a chain too', async () => {
    const keys = keysOf('shop', 'app', 'till', 'phone') as [Key, Key, Key, Key];
    const [first, second, third, fourth] = keys;
    for (const key of keys) await buy(key, 1, 1_000);
    await link(fourth, third);
    await link(second, fourth);
    await expectOne([second, third, fourth], { frequency: 3 });
    await link(third, first);
    await expectOne(keys, { frequency: 4, stage: 'new' });
    expect((await link(first, fourth)).status).toBe(202);
    await expectOne(keys, { frequency: 4 });
  });

  it('have one history and one timeline', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    const [one, other] = [await buy(shop, 0, 1_000), await buy(app, 3, 2_000)];
    await link(app, shop);
    await running.settled();
    for (const path of [`/v1/audit/customers/%/history`, `/v1/customers/%/timeline`]) {
      const [own, same] = await Promise.all(
        [shop, app].map((key) => running.get(`${path.replace('%', customerIdOf(key))}?limit=100`)),
      );
      expect(own?.body).toEqual(same?.body);
      const positions = own?.body.items.map(({ position }: Body) => position);
      expect(positions).toEqual(expect.arrayContaining([one.body.position, other.body.position]));
      expect(own === undefined ? [] : types(own).filter((type) => type === 'KeyLinked')).toHaveLength(2);
    }
  });

  it('buy as one customer, once that is known', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    // EUR, which nobody else here pays in.
    const inEuro = (customer: Key, onDay: number) => ({ ...order(customer, onDay, 1_000), currency: 'EUR' });
    await running.post('/v1/purchases', inEuro(shop, 0));
    await running.post('/v1/purchases', inEuro(app, 1));
    const before = iso(running.clock.now());
    running.clock.advance(1_000);
    await link(shop, app);
    await running.settled();
    const buyers = async (query: string): Promise<number> =>
      (await running.get(`/v1/analytics/sales${query}`)).body.items.find(({ currency }: Body) => currency === 'EUR')
        .buyers;
    expect(await buyers('')).toBe(1);
    expect(await buyers(`?asOf=${day(0)}`)).toBe(1);
    expect(await buyers(`?knownAt=${before}`)).toBe(2);
    expect((await view(app, `?knownAt=${before}`)).aliases).toEqual([]);
  });

  it('answer a repeated write with the id that it was given then', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    await buy(shop, 0, 1_000);
    const body = order(app, 1, 1_000);
    const first = await running.post('/v1/purchases', body);
    await link(shop, app);
    const again = await running.post('/v1/purchases', body);
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.body.customerId).toBe(customerIdOf(app));
    // Also of a link.
    expect((await link(shop, app)).status).toBe(200);
  });

  it('take a key that nobody has used yet', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    await buy(shop, 0, 1_000);
    await link(shop, app);
    await expectOne([shop, app], { frequency: 1 });
    await buy(app, 9, 1_000);
    await expectOne([shop, app], { frequency: 2 });
  });

  it('cannot be one key, nor be linked with somebody unknown', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    expect((await link(shop, app)).status).toBe(404);
    await buy(shop, 0, 1_000);
    expect((await link(shop, shop)).status).toBe(422);
  });

  it('are changed as one: what was said under a key before the link can be taken back after it', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    await buy(shop, 0, 1_000);
    const observed = { source: 'sales', observedAt: day(1) };
    await running.post('/v1/customers', {
      customer: app,
      kind: 'person',
      occurredAt: day(1),
      attributes: { givenName: { value: 'Ann', ...observed } },
      contactPoints: [{ kind: 'email', value: 'ann@example.com', ...observed }],
    });
    const change = (body: object) => running.send('PATCH', `/v1/customers/${customerIdOf(app)}`, body);
    expect((await change({ keyAccount: true, occurredAt: day(2) })).status).toBe(202);
    await link(shop, app);
    const { contactPoints, class: kind } = await view(shop);
    expect([kind, contactPoints.length]).toEqual(['key', 1]);
    const remove = contactPoints.map(({ id }: Body) => id);
    const givenName = { ...observed, value: null, observedAt: day(3) };
    const answer = await change({
      keyAccount: false,
      contactPoints: { remove },
      attributes: { givenName },
      occurredAt: day(3),
    });
    expect(answer).toMatchObject({ status: 202, body: { customerId: customerIdOf(shop) } });
    await expectOne([shop, app], { class: 'existing', contactPoints: [], attributes: {} });
  });

  it('I23: stand recorded under the first, and nothing under the others any more', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    await buy(shop, 0, 100_000);
    await buy(app, 1, 100_000);
    await running.settled();
    await link(app, shop);
    await running.idle();
    const events = await running.events();
    expect(checkRecorded(events, running.clock.now()).faults).toEqual([]);
    const restated = events.filter(
      ({ type, customerId }) => customerId === customerIdOf(app) && type.endsWith('Restated'),
    );
    expect(restated.map(({ data }) => data)).toEqual([
      expect.objectContaining({ tiers: [], points: [expect.objectContaining({ kind: 'earned', points: 0 })] }),
      expect.objectContaining({ timeline: [] }),
    ]);
  });
});

describe('what nobody known bought', () => {
  it('belongs to whoever claims it, with the refunds before and after', async () => {
    const [ann] = keysOf('shop') as [Key];
    const bought = order(null, 0, 10_000);
    await running.post('/v1/purchases', bought);
    await running.post('/v1/refunds', refundOf(bought, 2, 1_000));
    expect((await claim(bought, ann)).status).toBe(202);
    await running.post('/v1/refunds', refundOf(bought, 4, 2_000));
    await expectOne([ann], {
      spend: [{ amountMinor: 7_000, currency: 'GBP' }],
      points: 70,
      stage: 'new',
      customerSince: day(0),
      lastPurchaseAt: day(0),
    });
    expect(await view(ann, `?asOf=${day(3)}`)).toMatchObject({ points: 90, spend: [{ amountMinor: 9_000 }] });
    await running.post('/v1/refunds', refundOf(bought, 6, 7_000));
    await expectOne([ann], { points: 0, frequency: 0, stage: 'potential', stageSince: day(6) });
  });

  it('can be claimed by any key of theirs, again with the same answer, and by nobody else', async () => {
    const [shop, app] = keysOf('shop', 'app') as [Key, Key];
    const [other] = keysOf('shop') as [Key];
    for (const key of [shop, other]) await buy(key, 1, 1_000);
    await link(shop, app);
    const bought = order(null, 0, 5_000);
    const { body: purchase } = await running.post('/v1/purchases', bought);
    const first = await claim(bought, app);
    expect(first).toMatchObject({ status: 202, body: { id: purchase.id, customerId: customerIdOf(app) } });
    await expectOne([shop, app], { frequency: 2, points: 60, customerSince: day(0) });
    expect(await claim(bought, app)).toMatchObject({ status: 200, body: first.body });
    expect(await claim(bought, shop)).toMatchObject({ status: 200, body: first.body });
    expect((await claim(bought, other)).status).toBe(409);
    await running.settled();
    const { items } = (await running.get('/v1/conflicts?limit=500')).body;
    expect(items.map(({ kind, factId }: Body) => `${kind} ${factId}`)).toContain(`claim ${bought.orderId}`);
    await expectOne([shop, app], { frequency: 2, points: 60 });
    await expectOne([other], { frequency: 1 });
  });

  it('is as if it had never been anybody else’s: the same as bought under the key at once', async () => {
    const [ann, ben] = [...keysOf('shop'), ...keysOf('shop')] as [Key, Key];
    for (const [key, isClaimed] of [
      [ann, true],
      [ben, false],
    ] as const) {
      const buyer = isClaimed ? null : key;
      const bought = order(buyer, 10, 60_000);
      await running.post('/v1/refunds', refundOf(bought, 5, 1_000, buyer));
      await buy(key, 40, 1_000);
      await running.post('/v1/purchases', bought);
      await running.post('/v1/refunds', refundOf(bought, 12, 2_000, buyer));
      if (isClaimed) await claim(bought, key);
    }
    const said = async (key: Key): Promise<Body> => {
      const { id: _, keys: __, position: ___, ...rest } = await view(key);
      return rest;
    };
    expect(await said(ann)).toEqual(await said(ben));
    expect((await view(ann)).points).toBe(580);
  });
});
