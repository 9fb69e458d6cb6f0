import { describe, expect, it } from 'vitest';
import { customerAt, everyoneAt } from './customer.ts';
import type { Fact } from './facts.ts';
import { buy, giveBack, noon, survey } from './hand-made.ts';
import { sales } from './sales.ts';

describe('linked keys', () => {
  const link = (a: string, b: string): Fact => ({ kind: 'link', customers: [a, b] });

  it('are one customer with the facts of all', () => {
    const facts = [
      buy(noon(0), 1000),
      buy(noon(1), 2000, { customer: 'ann-app' }),
      survey(noon(-1), 'nps', 9, { customer: 'ann-till' }),
      link('ann-app', 'ann'),
      link('ann-till', 'ann-app'),
      buy(noon(2), 100, { customer: 'bob' }),
    ];
    const view = customerAt(facts, 'ann', noon(5));
    expect(view).toMatchObject({ points: 30, stage: 'active', stageSince: noon(1), customerSince: noon(-1) });
    expect(customerAt(facts, 'ann-till', noon(5))).toEqual(view);
    expect([...everyoneAt(facts, noon(5)).keys()]).toEqual(['ann', 'bob']);
    expect(sales(facts).GBP).toMatchObject({ buyers: 2, customers: 2 });
  });

  it('match the refund of one with the purchase of the other', () => {
    const order = buy(noon(0), 1000);
    const facts = [order, giveBack(noon(1), 1000, order, { customer: 'ann-app' }), link('ann', 'ann-app')];
    expect(customerAt(facts, 'ann', noon(1))).toMatchObject({ stage: 'potential', frequency: 0 });
  });
});

describe('anonymous purchases', () => {
  const order = buy(noon(0), 1000, { customer: null });
  const refund = giveBack(noon(1), 400, order, { customer: null });

  it('are sold to nobody', () => {
    expect(sales([order, refund]).GBP).toMatchObject({ orders: 1, anonymousLines: 2, buyers: 0, customers: 0 });
    expect(everyoneAt([order, refund], noon(1)).size).toBe(0);
  });

  it('are from the start, with their refunds, those of who claims them', () => {
    const facts: Fact[] = [order, refund, { kind: 'claim', source: 'shop', id: order.id, customer: 'ann' }];
    expect(customerAt(facts, 'ann', noon(0))).toMatchObject({ spend: { GBP: 1000 }, stage: 'new', points: 10 });
    expect(customerAt(facts, 'ann', noon(1))).toMatchObject({ spend: { GBP: 600 }, frequency: 1, points: 6 });
    expect(sales(facts).GBP).toMatchObject({ anonymousLines: 0, buyers: 1 });
  });
});

describe('sales', () => {
  it('are by currency and by the date of each fact, from inclusive, to exclusive, asOf inclusive', () => {
    const order = buy(noon(0), 1000);
    const facts = [order, buy(noon(1), 0), giveBack(noon(2), 300, order), buy(noon(1), 70, { currency: 'JPY' })];
    expect(sales(facts, { from: noon(1), to: noon(2) })).toMatchObject({
      GBP: { orders: 1, refunds: 0, grossMinor: 0 },
      JPY: { orders: 1, grossMinor: 70, netMinor: 70 },
    });
    expect(sales(facts, { from: noon(2), asOf: noon(2) })).toMatchObject({
      GBP: { orders: 0, refunds: 1, refundLines: 1, netMinor: -300, buyers: 0, customers: 1 },
    });
    expect(sales(facts, { asOf: noon(2) - 1 }).GBP).toMatchObject({ orders: 2, refunds: 0 });
  });

  it('know the same fact, sent twice, once', () => {
    const order = buy(noon(0), 1000);
    expect(sales([order, order]).GBP).toMatchObject({ orders: 1, grossMinor: 1000 });
    expect(customerAt([order, order], 'ann', noon(0))).toMatchObject({ points: 10, frequency: 1 });
  });
});

describe('class', () => {
  it('is potential, existing from the first counted order, key by hand', () => {
    const told = { source: 'shop', customer: 'ann' };
    const facts: Fact[] = [
      { kind: 'other', id: 'signed-up', occurredAt: noon(0), ...told },
      buy(noon(1), 1000),
      { kind: 'key-account', id: 'made', occurredAt: noon(2), key: true, ...told },
      { kind: 'key-account', id: 'unmade', occurredAt: noon(4), key: false, ...told },
    ];
    const classes = [0, 1, 2, 4].map((day) => customerAt(facts, 'ann', noon(day))?.class);
    expect(classes).toEqual(['potential', 'existing', 'key', 'existing']);
  });
});
