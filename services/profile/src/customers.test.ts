import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { service } from './service.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service]);
});
afterAll(() => server.stop());

const observed = { source: 'registration-form', observedAt: '2026-02-01T09:00:00Z' };
const key = (name: string) => ({ source: 'web-shop', key: name });
const registration = (name: string, changes: object = {}) => ({
  customer: key(name),
  kind: 'person',
  occurredAt: '2026-02-01T10:00:00Z',
  attributes: { givenName: { value: 'Ann', ...observed } },
  contactPoints: [{ kind: 'email', value: 'Ann@Example.org ', ...observed }],
  ...changes,
});
const idOf = (name: string): string => server.context.ids.customerId('web-shop', name);
const eventsOf = async (name: string) => server.context.store.readStream(`profile-${idOf(name)}`);
const typesOf = async (name: string) => (await eventsOf(name)).map(({ type }) => type);
const register = (name: string, changes: object = {}) => server.post('/v1/customers', registration(name, changes));
const patch = (name: string, body: object, headers = {}) => server.patch(`/v1/customers/${idOf(name)}`, body, headers);

describe('a registration', () => {
  test('makes a customer with attributes and contact points, personal data apart', async () => {
    const answer = await register('r-1');
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ id: idOf('r-1'), customerId: idOf('r-1') });
    expect((await eventsOf('r-1')).map(({ type, personal }) => [type, personal])).toEqual([
      ['CustomerRegistered', { key: 'r-1' }],
      ['ProfileCompleted', undefined],
      ['AttributesChanged', { values: { givenName: 'Ann' } }],
      ['ContactPointAdded', { value: 'ann@example.org' }],
    ]);
  });

  test('I4: sent again it happens once; otherwise it is refused', async () => {
    const first = await register('r-2');
    const again = await register('r-2');
    expect([again.status, again.text]).toEqual([200, first.text]);
    const other = await register('r-2', { kind: 'organisation' });
    expect([other.status, other.body.type]).toEqual([409, 'urn:tenure:problem:already-registered']);
    expect(await typesOf('r-2')).toHaveLength(4);
  });

  test('completes a key that something else has made known', async () => {
    await register('r-3');
    await server.post(`/v1/customers/${idOf('r-3')}/links`, { customer: key('r-4') });
    expect(await typesOf('r-4')).toEqual(['CustomerRegistered', 'KeyLinked']);
    expect((await register('r-4', { kind: 'organisation', attributes: {}, contactPoints: [] })).status).toBe(202);
    expect(await typesOf('r-4')).toEqual(['CustomerRegistered', 'KeyLinked', 'ProfileCompleted']);
  });

  test.each([
    [
      'an attribute that nobody knows',
      { attributes: { shoeSize: { value: 42, ...observed } } },
      '/attributes/shoeSize',
    ],
    [
      'a value that does not fit',
      { attributes: { birthDate: { value: '2026-02-30', ...observed } } },
      '/attributes/birthDate/value',
    ],
    [
      'a contact point that cannot be',
      { contactPoints: [{ kind: 'phone', value: 'ask Ann', ...observed }] },
      '/contactPoints/0/value',
    ],
    ['an instant in the future', { occurredAt: '2026-03-03T00:00:00Z' }, '/occurredAt'],
    [
      'an attribute seen in the future',
      { attributes: { city: { value: 'York', ...observed, observedAt: '2036-03-03T00:00:00Z' } } },
      '/attributes/city/observedAt',
    ],
    [
      'a contact point seen in the future',
      { contactPoints: [{ kind: 'email', value: 'a@example.org', ...observed, observedAt: '2036-03-03T00:00:00Z' }] },
      '/contactPoints/0/observedAt',
    ],
    ['an unknown field', { nickname: 'A' }, '/nickname'],
  ])('with %s is refused, naming the field, and leaves nothing', async (_, changes, pointer) => {
    const refusal = await register('r-5', changes);
    expect([refusal.status, refusal.body.errors[0].pointer]).toEqual([422, pointer]);
    expect(await typesOf('r-5')).toEqual([]);
  });

  test('leaves no personal data in the log of the program', () => {
    expect(server.logged.join('')).not.toMatch(/ann/i);
  });
});

describe('a change', () => {
  test('is all or nothing, and says the revision that it led to', async () => {
    await register('c-1');
    const changed = await patch('c-1', {
      attributes: { city: { value: 'London', source: 'sales', observedAt: '2026-02-20T09:00:00Z' } },
      contactPoints: { add: [{ kind: 'phone', value: '+44 20 7946 0000', ...observed }] },
      keyAccount: true,
    });
    expect([changed.status, changed.headers.get('etag')]).toEqual([202, '"6"']);
    const refusal = await patch('c-1', { keyAccount: false, attributes: { shoeSize: { value: 42, ...observed } } });
    expect(refusal.status).toBe(422);
    expect(await eventsOf('c-1')).toHaveLength(7);
  });

  test('the same contact point again, in other words, is the same', async () => {
    await register('c-2');
    const again = { kind: 'email', value: 'ANN@example.org', ...observed };
    expect((await patch('c-2', { contactPoints: { add: [again] } })).status).toBe(200);
    expect((await patch('c-2', { contactPoints: { add: [{ ...again, verified: true }] } })).status).toBe(202);
    const [added] = (await eventsOf('c-2')).filter(({ type }) => type === 'ContactPointAdded');
    expect(added?.data).toHaveProperty('contactPointId');
    const { contactPointId } = { contactPointId: '', ...added?.data };
    expect((await patch('c-2', { contactPoints: { remove: [contactPointId] } })).status).toBe(202);
    expect((await patch('c-2', { contactPoints: { verify: ['0'.repeat(32)] } })).body.errors[0].pointer).toBe(
      '/contactPoints/verify/0',
    );
  });

  test('I3: of many that saw the same revision one is made, the others are told', async () => {
    await register('c-3');
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        patch('c-3', { attributes: { city: { value: `City ${i}`, ...observed } } }, { 'if-match': '"3"' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 412, 412, 412, 412, 412]);
    expect(await eventsOf('c-3')).toHaveLength(5);
  });

  test('I4: a retry is known by its key before the revision is looked at', async () => {
    await register('c-4');
    const headers = { 'if-match': '"3"', 'idempotency-key': 'change-1' };
    const body = { keyAccount: true };
    const first = await patch('c-4', body, headers);
    await patch('c-4', { keyAccount: false });
    const again = await patch('c-4', body, headers);
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([200, first.text, '"4"']);
    expect((await patch('c-4', { keyAccount: false }, headers)).body.type).toBe(
      'urn:tenure:problem:idempotency-key-reused',
    );
    expect(await typesOf('c-4')).toHaveLength(6);
  });

  test('of nobody is refused', async () => {
    expect((await patch('nobody', { keyAccount: true })).status).toBe(404);
  });
});

describe('a link', () => {
  const link = (from: string, to: string) => server.post(`/v1/customers/${idOf(from)}/links`, { customer: key(to) });

  test('stands in both histories, under one correlation id; again, from either side, nothing happens', async () => {
    await register('l-1');
    const first = await link('l-1', 'l-2');
    expect(first.status).toBe(202);
    expect(first.body).toMatchObject({ id: idOf('l-1'), customerId: idOf('l-1') });
    const [one, other] = [(await eventsOf('l-1')).at(-1), (await eventsOf('l-2')).at(-1)];
    expect([one?.data, other?.data]).toEqual([{ otherCustomerId: idOf('l-2') }, { otherCustomerId: idOf('l-1') }]);
    expect(one?.metadata.correlationId).toBe(other?.metadata.correlationId);
    const again = await link('l-1', 'l-2');
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await link('l-2', 'l-1')).status).toBe(200);
    expect(await typesOf('l-2')).toEqual(['CustomerRegistered', 'KeyLinked']);
  });

  test('lets a change by any of the ids reach the one that was registered first', async () => {
    await register('l-3');
    await link('l-3', 'l-4');
    await link('l-4', 'l-5');
    const answer = await patch('l-5', { keyAccount: true });
    expect(answer.body).toMatchObject({ id: idOf('l-3'), customerId: idOf('l-3') });
    expect((await typesOf('l-3')).at(-1)).toBe('KeyAccountMarked');
  });

  test('needs another key, and a customer', async () => {
    await register('l-6');
    expect((await link('l-6', 'l-6')).body.type).toBe('urn:tenure:problem:self-link');
    expect((await link('nobody', 'l-7')).status).toBe(404);
    expect(await typesOf('l-7')).toEqual([]);
    expect((await link('nobody', 'nobody')).status).toBe(422);
  });
});
