import type { EventOfType } from '@tenure/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import { type RecordUnmatchedRefund, type RefundCommand, type ReserveRefund, refundDecider } from './refund.ts';

const given = givenFor(refundDecider);
const [ann, bob] = ['a'.repeat(32), 'b'.repeat(32)];
const noon = Date.UTC(2011, 0, 18, 12);

const lines = [{ lineId: '1', productId: 'mug', quantity: 1, amountMinor: 500 }];
const content = { source: 'web-shop', refundId: 'r-1', currency: 'GBP', lines };
const shared = { contentHash: 'one', customerId: ann, occurredAt: noon };
const record: RecordUnmatchedRefund = { type: 'RecordUnmatchedRefund', content, ...shared };
const reserve: ReserveRefund = { type: 'ReserveRefund', content: { ...content, originalOrderId: 'o-1' }, ...shared };

const envelope = { customerId: ann, occurredAt: noon };
const recorded: Happening<EventOfType<'RefundRecorded'>> = {
  type: 'RefundRecorded',
  data: { ...content, contentHash: 'one' },
  ...envelope,
};
const reserved: Happening<EventOfType<'RefundReserved'>> = {
  type: 'RefundReserved',
  data: { source: 'web-shop', refundId: 'r-1', originalOrderId: 'o-1', contentHash: 'one' },
  ...envelope,
};
const conflict = (contentHash: string, submitted: object): Happening<EventOfType<'FactConflictDetected'>> => ({
  type: 'FactConflictDetected',
  data: { kind: 'refund', source: 'web-shop', id: 'r-1', contentHash },
  personal: { submitted: { ...submitted, customerId: ann, occurredAt: '2011-01-18T12:00:00.000Z' } },
  ...envelope,
});

test('one that names no purchase is recorded', () => given([]).when(record).then([recorded]));

test('its reason is personal', () => {
  const personal = { reason: 'broken' };
  given([])
    .when({ ...record, personal })
    .then([{ ...recorded, personal }]);
});

test('the same again is unchanged', () => given([recorded]).when(record).then('unchanged'));

test('the id of one that names a purchase is reserved', () => given([]).when(reserve).then([reserved]));

test('the same reserved again is unchanged', () => given([reserved]).when(reserve).then('unchanged'));

test('other content under a recorded id is a conflict, seen once', () => {
  const other = { ...record, contentHash: 'two' };
  given([recorded])
    .when(other)
    .then({ code: 'conflict', events: [conflict('two', content)] });
  given([recorded, conflict('two', content)])
    .when(other)
    .then({ code: 'conflict' });
});

test('a reserved id cannot be recorded, nor a recorded one reserved', () => {
  given([reserved])
    .when(record)
    .then({ code: 'conflict', events: [conflict('one', content)] });
  given([recorded])
    .when(reserve)
    .then({ code: 'conflict', events: [conflict('one', reserve.content)] });
});

test('a reserved id cannot go to another purchase', () => {
  const other = { ...reserve, content: { ...content, originalOrderId: 'o-2' } };
  given([reserved])
    .when(other)
    .then({ code: 'conflict', events: [conflict('one', other.content)] });
});

test('two lines of one id are refused', () =>
  given([])
    .when({ ...record, content: { ...content, lines: [...lines, ...lines] } })
    .then({ code: 'duplicate-line-id', pointer: '/lines/1/lineId' }));

test('a command that does not belong here is a fault of the caller', () => {
  expect(() => given([]).when({ ...record, content: reserve.content })).toThrow(/is reserved if it names/);
  expect(() => given([]).when({ ...reserve, content })).toThrow(/is reserved if it names/);
  expect(() => given([recorded]).when({ ...record, content: { ...content, refundId: 'r-2' } })).toThrow(/another/);
});

test('what cannot be', () => {
  expect(() => given([recorded, recorded])).toThrow(/cannot follow/);
  expect(() => given([recorded, reserved])).toThrow(/cannot follow/);
  expect(() => given([{ ...recorded, data: { ...recorded.data, originalOrderId: 'o-1' } }])).toThrow(/cannot follow/);
  expect(() => given([conflict('two', content)])).toThrow(/cannot follow/);
});

const settings = { numRuns: 300 };
const variants = fc.record({ contentHash: fc.constantFrom('h1', 'h2'), customerId: fc.constantFrom(null, ann, bob) });
const orders = fc.constantFrom('o-1', 'o-2');
const commands: fc.Arbitrary<RefundCommand> = fc.oneof(
  variants.map((variant) => ({ ...record, ...variant })),
  fc
    .tuple(variants, orders)
    .map(([variant, originalOrderId]) => ({ ...reserve, ...variant, content: { ...content, originalOrderId } })),
);

test('I1: decide never emits an event that evolve rejects', () => {
  const seen = new Set<string>();
  const property = fc.property(fc.array(commands, { maxLength: 10, size: 'max' }), (list) => {
    const { events, decisions, state } = runCommands(refundDecider, list);
    for (const event of events) seen.add(event.type);
    // The id counts once, whatever came.
    expect(events.filter(({ type }) => type !== 'FactConflictDetected').length).toBeLessThan(2);
    const first = list[0];
    if (first !== undefined) expect(refundDecider.decide(first, state)).toEqual({ kind: 'unchanged' });
    if (first !== undefined) expect(decisions[0]?.kind).toBe('accepted');
  });
  fc.assert(property, settings);
  expect([...seen].sort()).toEqual(['FactConflictDetected', 'RefundRecorded', 'RefundReserved']);
});
