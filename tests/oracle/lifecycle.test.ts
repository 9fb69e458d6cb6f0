import { describe, expect, it } from 'vitest';
import { customerAt, transitions } from './customer.ts';
import { DAY, type Fact } from './facts.ts';
import { buy, giveBack, noon, survey } from './hand-made.ts';

const told = (facts: Fact[], until: number, zone = 'UTC') =>
  transitions(facts, 'ann', until, { zone }).map(({ to, at, reason }) => [to, at, reason]);
const buys = (...days: number[]) => days.map((day) => buy(noon(day), 1000));

describe('stages, forward in time', () => {
  it('is potential from the first fact on, whatever it is', () => {
    const facts = [survey(noon(3), 'nps', 9), giveBack(noon(1), 500, null)];
    expect(customerAt(facts, 'ann', noon(0))).toBeNull();
    expect(customerAt(facts, 'ann', noon(5))).toMatchObject({ stage: 'potential', stageSince: noon(1) });
    expect(transitions(facts, 'ann', noon(500))).toEqual([]);
  });

  it('does not count an order of nothing, which yet makes the customer exist', () => {
    const facts = [buy(noon(0), 0), buy(noon(2), -10)];
    expect(customerAt(facts, 'ann', noon(3))).toMatchObject({
      stage: 'potential',
      frequency: 0,
      customerSince: noon(0),
    });
  });

  it('is new at the first order and active at the second day, not at a second order of the day', () => {
    const facts = [buy(noon(0), 100), buy(noon(0) + 1, 100), buy(noon(7), 100)];
    expect(told(facts, noon(8))).toEqual([
      ['new', noon(0), 'order'],
      ['active', noon(7), 'order'],
    ]);
  });

  it('is loyal at five days within 90 dates, the first one included', () => {
    expect(told(buys(0, 20, 40, 60, 89), noon(89)).at(-1)).toEqual(['loyal', noon(89), 'order']);
    expect(told(buys(0, 20, 40, 60, 90), noon(90)).at(-1)).toEqual(['active', noon(20), 'order']);
  });

  it('stays loyal with fewer days until at-risk', () => {
    expect(told(buys(0, 1, 2, 3, 4, 93, 180), noon(181)).at(-1)).toEqual(['loyal', noon(4), 'order']);
  });

  it('is at-risk 90 days and churned 180 days after the last order, the boundary included', () => {
    const facts = buys(0);
    expect(customerAt(facts, 'ann', noon(90) - 1)).toMatchObject({ stage: 'new' });
    expect(customerAt(facts, 'ann', noon(90))).toMatchObject({ stage: 'at-risk', stageSince: noon(90) });
    expect(customerAt(facts, 'ann', noon(180) - 1)).toMatchObject({ stage: 'at-risk', stageSince: noon(90) });
    expect(customerAt(facts, 'ann', noon(400))).toMatchObject({ stage: 'churned', stageSince: noon(180) });
  });

  it('finds the customer at-risk before an order of that very instant, which makes them active', () => {
    expect(told(buys(0, 90), noon(90))).toEqual([
      ['new', noon(0), 'order'],
      ['at-risk', noon(90), 'silence'],
      ['active', noon(90), 'order'],
    ]);
  });

  it('wins back who had churned, until the next purchase day', () => {
    const back = [...buys(0, 180), buy(noon(180) + 1, 100)];
    expect(told([...back, ...buys(181)], noon(181)).slice(2)).toEqual([
      ['churned', noon(180), 'silence'],
      ['won-back', noon(180), 'order'],
      ['active', noon(181), 'order'],
    ]);
    expect(told(back, noon(400)).slice(4)).toEqual([
      ['at-risk', noon(180) + 1 + 90 * DAY, 'silence'],
      ['churned', noon(180) + 1 + 180 * DAY, 'silence'],
    ]);
  });

  it('counts days in the zone', () => {
    const facts = [buy(Date.parse('2011-03-01T15:30Z'), 100), buy(Date.parse('2011-03-01T16:30Z'), 100)];
    expect(told(facts, noon(450)).at(-1)?.[0]).toBe('new');
    expect(told(facts, noon(450), 'Asia/Shanghai').at(-1)?.[0]).toBe('active');
  });
});

describe('orders wholly given back', () => {
  it('stop counting at the refund, and the past stays', () => {
    const [first, second] = [buy(noon(0), 1000), buy(noon(10), 1000)];
    const facts = [first, second, giveBack(noon(12), 400, second), giveBack(noon(15), 600, second)];
    expect(told(facts, noon(20))).toEqual([
      ['new', noon(0), 'order'],
      ['active', noon(10), 'order'],
      ['new', noon(15), 'refunded'],
    ]);
    expect(customerAt(facts, 'ann', noon(14))).toMatchObject({ frequency: 2, lastPurchaseAt: noon(10) });
    expect(customerAt(facts, 'ann', noon(15))).toMatchObject({
      frequency: 1,
      lastPurchaseAt: noon(0),
      purchaseDays: 1,
    });
  });

  it('leave a potential customer since the refund, when none is left', () => {
    const order = buy(noon(1), 1000);
    const facts = [survey(noon(0), 'nps', 5), order, giveBack(noon(3), 1500, order)];
    expect(customerAt(facts, 'ann', noon(300))).toMatchObject({
      stage: 'potential',
      stageSince: noon(3),
      class: 'potential',
      customerSince: noon(0),
      spend: { GBP: -500 },
    });
  });

  it('change nothing when the other orders give the same stage', () => {
    const [first, second, third] = [buy(noon(0), 1000), buy(noon(10), 1000), buy(noon(20), 1000)];
    const facts = [first, second, third, giveBack(noon(25), 1000, second)];
    expect(customerAt(facts, 'ann', noon(26))).toMatchObject({ stage: 'active', stageSince: noon(10) });
  });

  it('let the boundaries run from the last order that still counts', () => {
    const [first, second] = [buy(noon(0), 1000), buy(noon(80), 1000)];
    const facts = [first, second, giveBack(noon(100), 1000, second)];
    expect(told(facts, noon(500)).slice(1)).toEqual([
      ['active', noon(80), 'order'],
      ['at-risk', noon(100), 'refunded'],
      ['churned', noon(180), 'silence'],
    ]);
  });

  it('reach back over several boundaries at once', () => {
    const [first, second] = [buy(noon(0), 1000), buy(noon(80), 1000)];
    const facts = [first, second, giveBack(noon(165), 1000, second), buy(noon(200), 1000)];
    expect(told([first, second, giveBack(noon(181), 1000, second)], noon(181)).slice(1)).toEqual([
      ['active', noon(80), 'order'],
      ['at-risk', noon(170), 'silence'],
      ['churned', noon(181), 'refunded'],
    ]);
    expect(told(facts, noon(200)).slice(2)).toEqual([
      ['at-risk', noon(165), 'refunded'],
      ['churned', noon(180), 'silence'],
      ['won-back', noon(200), 'order'],
    ]);
  });

  it('are found so after a boundary of that very instant', () => {
    const order = buy(noon(0), 1000);
    expect(told([order, giveBack(noon(90), 1000, order)], noon(90)).slice(1)).toEqual([
      ['at-risk', noon(90), 'silence'],
      ['potential', noon(90), 'refunded'],
    ]);
  });

  it('are so with the purchase, when the refund is dated before', () => {
    const order = buy(noon(5), 1000);
    const facts = [giveBack(noon(2), 1000, order), order];
    expect(told(facts, noon(4))).toEqual([]);
    expect(told(facts, noon(500))).toEqual([
      ['new', noon(5), 'order'],
      ['potential', noon(5), 'refunded'],
    ]);
  });

  it('need a refund that matches, in the currency of the order', () => {
    const order = buy(noon(0), 1000);
    const others = [giveBack(noon(1), 1000, null), giveBack(noon(1), 1000, order, { currency: 'USD' })];
    expect(told([order, ...others, giveBack(noon(1), 1000, 'never seen')], noon(9))).toEqual([
      ['new', noon(0), 'order'],
    ]);
  });
});
