import type { StoredEvent } from '@tenure/event-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Body, type Running, start } from '../support/running.ts';

const now = '2026-03-01T12:00:00.000Z';
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traced = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
const dayMs = 86_400_000;

let running: Running;
beforeEach(async () => {
  running = await start({ now });
});
afterEach(() => running.stop());

const purchase = (orderId: string, key: string | null, amountMinor = 60_000) => ({
  source: 'shop',
  orderId,
  occurredAt: '2026-02-20T10:00:00Z',
  customer: key === null ? null : { source: 'shop', key },
  currency: 'GBP',
  lines: [{ lineId: '1', productId: 'tea', quantity: 1, amountMinor }],
});

const pathOf = (id: string): string => `/v1/audit/correlations/${encodeURIComponent(id)}`;

const correlation = async (id: string): Promise<Body> => {
  const { status, body } = await running.get(pathOf(id));
  expect([status, body.correlationId]).toEqual([200, id]);
  return body;
};

/** A tree in the fewest words: types, what they led to in brackets. */
const sketch = (children: readonly Body[]): string =>
  children
    .map(({ type, children: own }) => (own.length === 0 ? type : `${type} (${sketch(own)})`))
    .sort()
    .join(', ');

const find = async (wanted: (event: StoredEvent) => boolean): Promise<StoredEvent[]> =>
  (await running.events()).filter(wanted);

const derived = 'PurchaseRecorded (PointsEarned, StageChanged, TierChanged)';

it('shows what a request led to over all services, and leads from its trace to its events and back', async () => {
  const id = 'order/7;<"n#1">';
  const answer = await running.post('/v1/purchases', purchase('o-7', 'ann'), { 'x-correlation-id': id, ...traced });
  expect(answer.status).toBe(202);
  await running.post('/v1/purchases', purchase('o-8', 'bob'));
  await running.settled();

  const { events, roots, traceIds, truncated } = await correlation(id);
  expect([traceIds, truncated]).toEqual([[traceId], false]);
  expect(roots).toHaveLength(1);
  expect([roots[0].kind, sketch(roots[0].children)]).toEqual(['request', `CustomerRegistered, ${derived}`]);
  expect(new Set(events.map(({ service }: Body) => service))).toEqual(new Set(['interaction', 'loyalty', 'analytics']));
  const bought = events.find(({ type }: Body) => type === 'PurchaseRecorded');
  expect(bought).toEqual({
    eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
    position: expect.any(String),
    recordedAt: now,
    occurredAt: '2026-02-20T10:00:00.000Z',
    type: 'PurchaseRecorded',
    service: 'interaction',
    stream: expect.stringMatching(/^purchase-/),
    customerId: answer.body.customerId,
    actor: 'local',
    causationId: roots[0].causationId,
    correlationId: id,
    traceId,
  });
  expect(events.map(({ position }: Body) => position)).toEqual(
    (await find(({ metadata }) => metadata.correlationId === id)).map(({ position }) => position),
  );

  const trace = await running.get(`/v1/audit/traces/${traceId}`);
  expect(trace.body).toEqual({ traceId, correlationIds: [id], events, truncated: false });
  const [, ...others] = await find(({ metadata }) => metadata.correlationId !== id);
  expect(others.filter(({ metadata }) => metadata.traceparent !== undefined)).toEqual([]);
});

it('draws it for Mermaid, with nothing in it that a client has said', async () => {
  const id = 'ann@example.com';
  await running.post('/v1/purchases', purchase('o-7', 'ann'), { 'x-correlation-id': id });
  await running.settled();
  const { headers, body } = await running.get(pathOf(id), { accept: 'text/vnd.mermaid' });
  expect(headers.get('content-type')).toBe('text/vnd.mermaid; charset=utf-8');
  const [head, ...lines] = body.trimEnd().split('\n');
  expect(head).toBe('graph TD');
  const nodes = new Map<string, string>();
  const edges: string[] = [];
  for (const line of lines) {
    const [, node, label] = /^ {2}(\w+)(?:\["([^"\]]*)"\]|\(\["request"\]\))$/.exec(line) ?? [];
    const [, from, to] = /^ {2}(\w+) --> (\w+)$/.exec(line) ?? [];
    if (node !== undefined) nodes.set(node, label?.split('<br/>')[0] ?? 'request');
    else edges.push(`${nodes.get(from ?? '')} --> ${nodes.get(to ?? '')}`);
  }
  expect(edges.sort()).toEqual([
    'PurchaseRecorded --> PointsEarned',
    'PurchaseRecorded --> StageChanged',
    'PurchaseRecorded --> TierChanged',
    'request --> CustomerRegistered',
    'request --> PurchaseRecorded',
  ]);
  expect(body).toContain('["PurchaseRecorded<br/>interaction<br/>2026-02-20T10:00:00.000Z"]');
  expect(body).not.toMatch(/ann|example/);
  expect((await running.get(pathOf(id), { accept: 'image/png' })).status).toBe(406);
});

it('ties each line of a batch to what it led to, two orders of one customer included', async () => {
  const facts = [purchase('o-1', 'ann'), purchase('o-2', 'ann'), purchase('o-3', 'bob'), purchase('o-4', null)];
  await running.batch(facts.map((fact) => ({ type: 'purchase', ...fact })));
  await running.settled();
  const [first] = await find(({ type }) => type === 'PurchaseRecorded');
  const { roots } = await correlation(first?.metadata.correlationId ?? '');
  expect(roots).toHaveLength(1);
  expect(sketch(roots[0].children)).toBe(
    `CustomerRegistered, CustomerRegistered, PurchaseRecorded, PurchaseRecorded (PointsEarned), ${derived}, ${derived}`,
  );
});

it('tells what many requests about one customer led to apart, however they are taken in', async () => {
  const orders = Array.from({ length: 40 }, (_, n) => `o-${n}`);
  await Promise.all(
    orders.map((id) => running.post('/v1/purchases', purchase(id, 'ann'), { 'x-correlation-id': `story-${id}` })),
  );
  await running.settled();
  const purchases = new Map(
    (await find(({ type }) => type === 'PurchaseRecorded')).map((event) => [(event.data as Body).orderId, event]),
  );
  const earned = await find(({ type }) => type === 'PointsEarned');
  expect(earned).toHaveLength(orders.length);
  for (const { data, metadata } of earned) {
    const { orderId } = data as Body;
    expect(metadata).toMatchObject({ correlationId: `story-${orderId}`, causationId: purchases.get(orderId)?.id });
  }
});

it('shows what time alone led to, of each customer by itself', async () => {
  for (const key of ['ann', 'bob']) await running.post('/v1/purchases', purchase(`o-${key}`, key));
  await running.post('/v1/follow-ups', {
    source: 'shop',
    followUpId: 'f-1',
    occurredAt: '2026-02-20T10:00:00Z',
    customer: { source: 'shop', key: 'carl' },
    channel: 'phone',
    dueAt: '2026-03-02T00:00:00Z',
  });
  await running.idle();
  running.clock.set(Date.parse('2026-02-20T10:00:00Z') + 90 * dayMs);
  await running.idle();
  const ofTime = await find(({ metadata }) => metadata.causationId.startsWith('timer:'));
  expect(ofTime.map(({ type }) => type).sort()).toEqual(['FollowUpMissed', 'StageChanged', 'StageChanged']);
  for (const { id, type, customerId, metadata } of ofTime) {
    const { events, roots } = await correlation(metadata.correlationId);
    expect(roots).toMatchObject([
      { kind: 'timer', causationId: metadata.causationId, children: [{ type, eventId: id }] },
    ]);
    expect(new Set(events.map((event: Body) => event.customerId))).toEqual(new Set([customerId]));
  }
});

it('shows who was erased without personal data', async () => {
  await running.post('/v1/purchases', purchase('o-7', 'ann'), { 'x-correlation-id': 'story' });
  await running.settled();
  const before = await correlation('story');
  const { store } = running;
  if (!('destroyKey' in store) || typeof store.destroyKey !== 'function') throw new Error('keys cannot be destroyed');
  await store.destroyKey(before.events[0].customerId);
  const after = await correlation('story');
  expect(after.events.map(({ type, erased }: Body) => [type, erased === true])).toEqual(
    before.events.map(({ type }: Body) => [type, type === 'CustomerRegistered']),
  );
  expect(after.roots).toEqual(before.roots);
  expect(JSON.stringify([before, after])).not.toContain('"ann"');
});

it('answers the first of many, and says that there are more', async () => {
  const facts = Array.from({ length: 1_100 }, (_, n) => ({ type: 'purchase', ...purchase(`o-${n}`, null) }));
  await running.publish(facts);
  const [first] = await find(({ type }) => type === 'PurchaseRecorded');
  const id = first?.metadata.correlationId ?? '';
  const { events, roots, truncated } = await correlation(id);
  expect([events.length, roots[0].children.length, truncated]).toEqual([1_000, 1_000, true]);
  expect((await running.get(pathOf(id), { accept: 'text/vnd.mermaid' })).body).toContain('and more');
});

it('knows no others', async () => {
  await running.post('/v1/purchases', purchase('o-7', 'ann'), { 'x-correlation-id': 'story' });
  for (const path of [pathOf('stor'), pathOf('story2'), `/v1/audit/traces/${traceId}`]) {
    const { status, body } = await running.get(path);
    expect([status, body.type]).toEqual([404, 'urn:tenure:problem:not-found']);
  }
  for (const path of [pathOf('a b'), pathOf('é'), '/v1/audit/traces/xyz'])
    expect((await running.get(path)).status).toBe(422);
});
