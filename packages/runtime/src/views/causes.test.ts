import type { Happening } from '@tenure/domain';
import { eventId, type StoredEvent } from '@tenure/event-store';
import { expect, it } from 'vitest';
import { causeOf, causesOf } from './causes.ts';
import { recordedEvent } from './recorded-event.ts';

const customerId = eventId('customer', 0);
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

const order = (n: number): StoredEvent => ({
  id: eventId(`order ${n}`, 0),
  type: 'PurchaseRecorded',
  version: 1,
  customerId,
  occurredAt: n,
  data: { source: 'shop', orderId: `${n}`, currency: 'GBP', lines: [], contentHash: '0'.repeat(32) },
  metadata: { actor: 'a', service: 's', commandId: `${n}`, causationId: 'r', correlationId: `story ${n}`, traceparent },
  position: `${n}`,
  stream: `purchase-${eventId(`order ${n}`, 0)}`,
  revision: 0,
  recordedAt: n,
});
const orders = [1, 2, 3].map(order);
const [first, second, third] = orders.map(recordedEvent);
if (first === undefined || second === undefined || third === undefined) throw new Error('three orders were made');

const happening = (type: 'PointsEarned' | 'PointsExpired', n: number): Happening =>
  ({ type, occurredAt: n, customerId, data: { source: 'shop', orderId: `${n}` } }) as Happening;
const earned = (n: number): Happening => happening('PointsEarned', n);
const entered = (n: number | null): Happening =>
  ({
    type: 'TierChanged',
    occurredAt: 1,
    customerId,
    data: { cause: n === null ? null : { kind: 'purchase', source: 'shop', id: `${n}` } },
  }) as Happening;

let reads: unknown[] = [];
const store = {
  readCustomer: async (id: string, options: { after?: string } = {}) => {
    reads.push([id, options.after]);
    return orders.filter(({ position }) => position > (options.after ?? ''));
  },
};
const foldedUpTo = (position: string) => ({ ids: [customerId], foldedUpTo: new Map([[customerId, position]]) });
const takenIn = (...events: (typeof first)[]) => {
  const last = events.at(-1) ?? first;
  return { ...causeOf(last), events, upTo: last.position };
};

it('each derived event is caused by the event of the fact that it names, the others by the last', async () => {
  reads = [];
  const derived = [earned(1), earned(2), entered(1), entered(null), happening('PointsExpired', 1), entered(9)];
  const causes = await causesOf(derived, takenIn(first, second), foldedUpTo('2'), store);
  expect(causes.map(({ correlationId }) => correlationId)).toEqual([1, 2, 1, 2, 2, 2].map((n) => `story ${n}`));
  expect(causes[0]).toEqual({ causationId: first.id, correlationId: 'story 1', traceparent });
  expect(reads).toEqual([]);
});

it('what a fact brought that is still to be taken in, is caused by that fact: the log has it', async () => {
  reads = [];
  const causes = await causesOf([earned(1), earned(3)], takenIn(first), foldedUpTo('3'), store);
  expect(causes.map(({ causationId }) => causationId)).toEqual([first.id, third.id]);
  expect(reads).toEqual([[customerId, '1']]);
});

it('what a timer records is caused by it, but for what a fact brought', async () => {
  reads = [];
  const timer = { causationId: 'timer:loyalty', correlationId: 'c' };
  const causes = await causesOf([happening('PointsExpired', 1)], timer, foldedUpTo('3'), store);
  expect([causes.map(({ causationId }) => causationId), reads]).toEqual([['timer:loyalty'], []]);
  const late = await causesOf([entered(null), earned(2)], timer, foldedUpTo('3'), store);
  expect(late.map(({ causationId }) => causationId)).toEqual(['timer:loyalty', second.id]);
});
