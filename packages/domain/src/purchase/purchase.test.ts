import type { EventOfType } from '@tenure/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import { purchaseAsItStands } from './as-it-stands.ts';
import {
  type ClaimPurchase,
  type PurchaseCommand,
  purchaseDecider,
  type RecordPurchase,
  type RecordRefund,
} from './purchase.ts';

const given = givenFor(purchaseDecider);
const [ann, bob] = ['a'.repeat(32), 'b'.repeat(32)];
const noon = Date.UTC(2011, 0, 18, 12);
const hour = 3_600_000;
const purchaseStream = `purchase-${'0'.repeat(32)}`;

const line = { lineId: '1', productId: 'mug', quantity: 2, amountMinor: 1000 };
const order = { source: 'web-shop', orderId: 'o-1', currency: 'GBP', lines: [line] };
const record: RecordPurchase = {
  type: 'RecordPurchase',
  content: order,
  contentHash: 'one',
  customerId: ann,
  occurredAt: noon,
};
const recorded: Happening<EventOfType<'PurchaseRecorded'>> = {
  type: 'PurchaseRecorded',
  data: { ...order, contentHash: 'one' },
  customerId: ann,
  occurredAt: noon,
};
const anonymous = { ...recorded, customerId: null };

const back = {
  source: 'web-shop',
  refundId: 'r-1',
  originalOrderId: 'o-1',
  currency: 'GBP',
  lines: [{ lineId: '1', productId: 'mug', quantity: 1, amountMinor: 500 }],
};
const recordRefund: RecordRefund = {
  type: 'RecordRefund',
  content: back,
  personal: { reason: 'broken' },
  contentHash: 'back',
  customerId: ann,
  occurredAt: noon + hour,
};
const refunded: Happening<EventOfType<'RefundRecorded'>> = {
  type: 'RefundRecorded',
  data: { ...back, contentHash: 'back' },
  personal: { reason: 'broken' },
  customerId: ann,
  occurredAt: noon + hour,
};

const claim: ClaimPurchase = { type: 'ClaimPurchase', customerId: bob, purchaseStream };
const claimed: Happening<EventOfType<'PurchaseClaimed'>> = {
  type: 'PurchaseClaimed',
  data: { source: 'web-shop', orderId: 'o-1', purchaseStream },
  customerId: bob,
  occurredAt: noon,
};

describe('recording a purchase', () => {
  test('the first time it is recorded', () => given([]).when(record).then([recorded]));

  test('the same again is unchanged', () => given([recorded]).when(record).then('unchanged'));

  test('after its refunds it is recorded as well', () => given([refunded]).when(record).then([recorded]));

  const other = { ...record, content: { ...order, shop: 'Leeds' }, contentHash: 'two', customerId: bob };
  const conflict: Happening<EventOfType<'FactConflictDetected'>> = {
    type: 'FactConflictDetected',
    data: { kind: 'purchase', source: 'web-shop', id: 'o-1', contentHash: 'two' },
    personal: { submitted: { ...order, shop: 'Leeds', customerId: bob, occurredAt: '2011-01-18T12:00:00.000Z' } },
    customerId: bob,
    occurredAt: noon,
  };

  test('other content is a conflict, and seen', () =>
    given([recorded])
      .when(other)
      .then({ code: 'conflict', events: [conflict] }));

  test('the same other content is seen once', () => given([recorded, conflict]).when(other).then({ code: 'conflict' }));

  test('a third content is seen as well', () => {
    const events = [{ ...conflict, data: { ...conflict.data, contentHash: 'three' } }];
    const third = { ...other, contentHash: 'three' };
    given([recorded, conflict]).when(third).then({ code: 'conflict', events });
  });

  test('two lines of one id are refused', () => {
    const content = { ...order, lines: [line, { ...line, lineId: '2' }, line] };
    given([])
      .when({ ...record, content })
      .then({ code: 'duplicate-line-id', pointer: '/lines/2/lineId' });
  });

  test('amounts beyond exact sums are refused', () => {
    const lines = Array.from({ length: 101 }, (_, n) => ({ ...line, lineId: `${n}`, amountMinor: -1_000_000_000_000 }));
    const content = { ...order, lines };
    given([])
      .when({ ...record, content })
      .then({ code: 'amount-too-large', pointer: '/lines/100/amountMinor' });
  });

  test('a command for another order is a fault of the caller', () => {
    const content = { ...order, orderId: 'o-2' };
    expect(() => given([recorded]).when({ ...record, content })).toThrow(/another order/);
  });
});

describe('refunding it', () => {
  test('after the purchase', () => given([recorded]).when(recordRefund).then([refunded]));

  test('before the purchase', () => given([]).when(recordRefund).then([refunded]));

  test('without a reason there is no personal data', () => {
    const { personal: _, ...silent } = refunded;
    given([])
      .when({ ...recordRefund, personal: {} })
      .then([silent]);
  });

  test('the same again is unchanged', () => given([refunded, recorded]).when(recordRefund).then('unchanged'));

  test('the same id from another source is another refund of another order', () => {
    const content = { ...back, source: 'till' };
    expect(() => given([recorded]).when({ ...recordRefund, content })).toThrow(/another order/);
  });

  test('other content under its id is a conflict, the reason included', () => {
    const submitted = { ...back, reason: 'late', customerId: ann, occurredAt: '2011-01-18T13:00:00.000Z' };
    const conflict: Happening<EventOfType<'FactConflictDetected'>> = {
      type: 'FactConflictDetected',
      data: { kind: 'refund', source: 'web-shop', id: 'r-1', contentHash: 'late' },
      personal: { submitted },
      customerId: ann,
      occurredAt: noon + hour,
    };
    given([refunded])
      .when({ ...recordRefund, personal: { reason: 'late' }, contentHash: 'late' })
      .then({ code: 'conflict', events: [conflict] });
  });

  test('two lines of one id are refused', () => {
    const content = { ...back, lines: [...back.lines, ...back.lines] };
    given([])
      .when({ ...recordRefund, content })
      .then({ code: 'duplicate-line-id', pointer: '/lines/1/lineId' });
  });

  test('an anonymous refund of a claimed purchase is the claimer’s', () =>
    given([anonymous, claimed])
      .when({ ...recordRefund, customerId: null })
      .then([{ ...refunded, customerId: bob }]));

  test('an anonymous refund of an unclaimed purchase is nobody’s', () =>
    given([recorded])
      .when({ ...recordRefund, customerId: null })
      .then([{ ...refunded, customerId: null }]));

  test('one that names no purchase belongs elsewhere', () => {
    const { originalOrderId: _, ...content } = back;
    expect(() => given([]).when({ ...recordRefund, content })).toThrow(/names no purchase/);
  });
});

describe('claiming it', () => {
  test('an anonymous one is dated as the purchase', () => given([anonymous]).when(claim).then([claimed]));

  test('again by the same is unchanged', () => given([anonymous, claimed]).when(claim).then('unchanged'));

  const late = { ...claim, customerId: ann };
  const conflict: Happening<EventOfType<'FactConflictDetected'>> = {
    type: 'FactConflictDetected',
    data: { kind: 'claim', source: 'web-shop', id: 'o-1', contentHash: ann },
    personal: { submitted: { customerId: ann, occurredAt: '2011-01-18T12:00:00.000Z' } },
    customerId: ann,
    occurredAt: noon,
  };

  test('by another it is refused, and seen', () =>
    given([anonymous, claimed])
      .when(late)
      .then({ code: 'already-claimed', events: [conflict] }));

  test('by another again it is seen once', () =>
    given([anonymous, claimed, conflict]).when(late).then({ code: 'already-claimed' }));

  test('by whose it is already it is unchanged', () => given([recorded]).when(late).then('unchanged'));

  test('of a customer’s purchase by another it is refused', () =>
    given([recorded]).when(claim).then({ code: 'not-anonymous' }));

  test('of an unknown one it is refused', () => given([]).when(claim).then({ code: 'not-found' }));

  test('of one that is only refunded it is refused', () => given([refunded]).when(claim).then({ code: 'not-found' }));
});

describe('what cannot be', () => {
  const impossible = (events: Parameters<typeof given>[0]) => () => given(events);

  test('a purchase twice', () => expect(impossible([recorded, recorded])).toThrow(/cannot follow/));
  test('a refund twice', () => expect(impossible([refunded, refunded])).toThrow(/cannot follow/));
  test('a claim of nothing', () => expect(impossible([claimed])).toThrow(/cannot follow/));
  test('a claim twice', () => expect(impossible([anonymous, claimed, claimed])).toThrow(/cannot follow/));
  test('a claim of a customer’s purchase', () => expect(impossible([recorded, claimed])).toThrow(/cannot follow/));
  test('a claim before the purchase', () => expect(impossible([refunded, claimed])).toThrow(/no purchase/));
  test('a claim of another order', () => {
    const stray = { ...claimed, data: { ...claimed.data, orderId: 'o-2' } };
    expect(impossible([anonymous, stray])).toThrow(/another order/);
  });
  test('a claim by nobody', () =>
    expect(impossible([anonymous, { ...claimed, customerId: null }])).toThrow(/nobody claims/));
  test('a refund that names no purchase', () => {
    const { originalOrderId: _, ...data } = refunded.data;
    expect(impossible([{ ...refunded, data }])).toThrow(/names no purchase/);
  });
  test('a conflict with nothing', () => {
    const data = { kind: 'purchase', source: 'web-shop', id: 'o-1', contentHash: 'two' } as const;
    const personal = { submitted: {} };
    expect(impossible([{ type: 'FactConflictDetected', data, personal, customerId: ann, occurredAt: noon }])).toThrow(
      /nothing stands/,
    );
  });
  test('a refund of another order', () => {
    const stray = { ...refunded, data: { ...refunded.data, originalOrderId: 'o-2' } };
    expect(impossible([recorded, stray])).toThrow(/cannot follow/);
  });
});

const settings = { numRuns: 300 };

const customers = fc.constantFrom(null, ann, bob);
const hashes = fc.constantFrom('h1', 'h2');
const instants = fc.integer({ min: 0, max: 5 }).map((n) => noon + n * hour);
const amounts = fc.integer({ min: 1, max: 900 });
const purchases = fc
  .record({ amounts: fc.array(amounts, { minLength: 1, maxLength: 3 }), customerId: customers, contentHash: hashes })
  .map(({ amounts, ...rest }): RecordPurchase => {
    const lines = amounts.map((amountMinor, n) => ({ ...line, lineId: `${n % 2}`, amountMinor }));
    return { ...record, ...rest, content: { ...order, lines } };
  });
const refundOf = (refundIds: fc.Arbitrary<string>) =>
  fc
    .record({ refundId: refundIds, amountMinor: amounts, currency: fc.constantFrom('GBP', 'EUR') })
    .chain(({ refundId, amountMinor, currency }) =>
      fc.record({ customerId: customers, occurredAt: instants, contentHash: hashes }).map((rest): RecordRefund => {
        const lines = [{ lineId: '1', productId: 'mug', quantity: 1, amountMinor }];
        return { ...recordRefund, ...rest, content: { ...back, refundId, currency, lines } };
      }),
    );
const claims = fc.constantFrom(ann, bob).map((customerId): ClaimPurchase => ({ ...claim, customerId }));
const commands: fc.Arbitrary<PurchaseCommand> = fc.oneof(purchases, refundOf(fc.constantFrom('r-1', 'r-2')), claims);

test('I1: decide never emits an event that evolve rejects', () => {
  const seen = new Set<string>();
  const property = fc.property(fc.array(commands, { maxLength: 15, size: 'max' }), (list) => {
    for (const event of runCommands(purchaseDecider, list).events) seen.add(event.type);
  });
  fc.assert(property, settings);
  expect([...seen].sort()).toEqual(['FactConflictDetected', 'PurchaseClaimed', 'PurchaseRecorded', 'RefundRecorded']);
});

test('a command that was accepted is unchanged when it comes again', () => {
  const property = fc.property(fc.array(commands, { maxLength: 15, size: 'max' }), (list) => {
    const { decisions, state } = runCommands(purchaseDecider, list);
    const accepted = list.filter((_, index) => decisions[index]?.kind === 'accepted');
    for (const command of accepted) expect(purchaseDecider.decide(command, state)).toEqual({ kind: 'unchanged' });
  });
  fc.assert(property, settings);
});

describe('a purchase as it stands', () => {
  const view = (...list: PurchaseCommand[]) => purchaseAsItStands(runCommands(purchaseDecider, list).state);
  const refund = (refundId: string, amountMinor: number, rest: Partial<RecordRefund> = {}, currency = 'GBP') => {
    const lines = [{ lineId: '1', productId: 'mug', quantity: 1, amountMinor }];
    return { ...recordRefund, content: { ...back, refundId, currency, lines }, contentHash: refundId, ...rest };
  };

  test('is nothing when nothing is known', () => expect(view()).toBeUndefined());

  test('awaits the purchase of an early refund', () => {
    expect(view(refund('r-1', 500))).toMatchObject({ status: 'awaiting', orderId: 'o-1', refunds: [{ flags: [] }] });
  });

  test('has what remains, by currency, and flags what does not fit', () => {
    const list = [refund('r-1', 700), refund('r-2', 400), refund('r-3', 5, { customerId: bob }, 'EUR')];
    expect(view(record, ...list)).toMatchObject({
      status: 'recorded',
      customerId: ann,
      claimedBy: null,
      grossMinor: 1000,
      refundedMinor: 1100,
      remaining: [
        { amountMinor: -100, currency: 'GBP' },
        { amountMinor: -5, currency: 'EUR' },
      ],
      refunds: [
        { refundId: 'r-1', amountMinor: 700, flags: [] },
        { refundId: 'r-2', amountMinor: 400, flags: ['exceeds-remainder'] },
        { refundId: 'r-3', amountMinor: 5, flags: ['other-currency', 'other-customer'] },
      ],
    });
  });

  test('says where it was sold', () => {
    const where = { channel: 'web', shop: 'Leeds', campaign: 'spring' };
    expect(view({ ...record, content: { ...order, ...where } })).toMatchObject(where);
    expect(Object.keys(view(record) ?? {})).not.toEqual(expect.arrayContaining(['channel']));
  });

  test('may be refunded to the last penny', () =>
    expect(view(record, refund('r-1', 600), refund('r-2', 400))).toMatchObject({
      remaining: [{ amountMinor: 0, currency: 'GBP' }],
      refunds: [{ flags: [] }, { flags: [] }],
    }));

  test('gives a claimed purchase and its anonymous refunds to the claimer', () => {
    const list = [{ ...record, customerId: null }, refund('r-1', 500, { customerId: null }), claim];
    expect(view(...list)).toMatchObject({ customerId: bob, claimedBy: bob, refunds: [{ customerId: bob, flags: [] }] });
  });

  test('flags an anonymous refund of a customer’s purchase', () =>
    expect(view(record, refund('r-1', 500, { customerId: null }))).toMatchObject({
      refunds: [{ customerId: null, flags: ['other-customer'] }],
    }));

  test('takes linked ids for one customer', () => {
    const { state } = runCommands(purchaseDecider, [record, refund('r-1', 500, { customerId: bob })]);
    expect(purchaseAsItStands(state, () => ann)).toMatchObject({ refunds: [{ flags: [] }] });
  });

  test('is the same whatever the order of arrival', () => {
    const ids = fc.uniqueArray(fc.constantFrom('r-1', 'r-2', '\u{1F600}', '\uFB01'), { minLength: 1 });
    const refunds = ids.chain((some) => fc.tuple(...some.map((id) => refundOf(fc.constant(id)))));
    const arrivals = fc.tuple(refunds, customers).chain(([list, customerId]) => {
      const facts: PurchaseCommand[] = [{ ...record, customerId }, ...list];
      return fc.tuple(
        fc.constant(facts),
        fc.shuffledSubarray(facts, { minLength: facts.length }),
        fc.nat(facts.length),
      );
    });
    const property = fc.property(arrivals, ([facts, shuffled, claimAfter]) => {
      const early = shuffled.toSpliced(
        Math.max(claimAfter, shuffled.findIndex((fact) => fact.type === 'RecordPurchase') + 1),
        0,
        claim,
      );
      expect(view(...early)).toEqual(view(...facts, claim));
    });
    fc.assert(property, settings);
  });
});
