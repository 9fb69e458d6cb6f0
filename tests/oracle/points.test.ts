import { describe, expect, it } from 'vitest';
import { customerAt } from './customer.ts';
import type { Fact } from './facts.ts';
import { buy, giveBack, noon } from './hand-made.ts';

const at = (facts: Fact[], asOf: number) => customerAt(facts, 'ann', asOf)!;
const lotsOf = (facts: Fact[], asOf: number) => at(facts, asOf).lots.map(({ remaining }) => remaining);

describe('points earned', () => {
  it('are the whole units of each order, in the currencies of the programme', () => {
    const facts = [
      buy(noon(0), 199),
      buy(noon(1), 199, { currency: 'CNY' }),
      buy(noon(2), 99, { currency: 'USD' }),
      buy(noon(3), 5000, { currency: 'JPY' }),
      buy(noon(4), -500),
    ];
    expect(at(facts, noon(5))).toMatchObject({ points: 2, earned: 2, takenBack: 0, debt: 0 });
    expect(at(facts, noon(5)).lots.map(({ earnedAt }) => earnedAt)).toEqual([noon(0), noon(1)]);
    expect(at(facts, noon(5)).spend).toEqual({ GBP: -301, CNY: 199, USD: 99, JPY: 5000 });
  });

  it('expire after 730 days, at that instant', () => {
    const facts = [buy(noon(0), 1000)];
    expect(at(facts, noon(730) - 1)).toMatchObject({ points: 10, expired: 0 });
    expect(at(facts, noon(730))).toMatchObject({ points: 0, expired: 10, earned: 10 });
  });

  it('expire before an unmatched refund of that instant could take them', () => {
    expect(at([buy(noon(0), 1000), giveBack(noon(730), 1000, null)], noon(730))).toMatchObject({
      takenBack: 0,
      expired: 10,
    });
  });
});

describe('points taken back by a matched refund', () => {
  it('are what the order would have earned less', () => {
    const order = buy(noon(0), 1050);
    expect(at([order, giveBack(noon(1), 50, order)], noon(1))).toMatchObject({ points: 10, takenBack: 0 });
    expect(at([order, giveBack(noon(1), 51, order)], noon(1))).toMatchObject({ points: 9, takenBack: 1 });
    const twice = [order, giveBack(noon(1), 30, order), giveBack(noon(2), 30, order)];
    expect(at(twice, noon(2))).toMatchObject({ points: 9, takenBack: 1 });
  });

  it('are at most what the order earned', () => {
    const order = buy(noon(0), 1000);
    const facts = [buy(noon(-1), 700), order, giveBack(noon(1), 800, order), giveBack(noon(2), 9900, order)];
    expect(at(facts, noon(3))).toMatchObject({ points: 7, takenBack: 10, debt: 0, spend: { GBP: -9000 } });
  });

  it('become a debt where the lot was used, and the next order pays it first', () => {
    const order = buy(noon(0), 1000);
    const facts = [order, giveBack(noon(1), 800, null), giveBack(noon(2), 1000, order), buy(noon(3), 500)];
    expect(at(facts, noon(1))).toMatchObject({ points: 2, debt: 0 });
    expect(at(facts, noon(2))).toMatchObject({ points: -8, debt: 8, takenBack: 18 });
    expect(at(facts, noon(3))).toMatchObject({ points: -3, debt: 3, earned: 15 });
    expect(at([...facts, buy(noon(4), 1000)], noon(4))).toMatchObject({ points: 7, debt: 0 });
    expect(lotsOf([...facts, buy(noon(4), 1000)], noon(4))).toEqual([0, 0, 7]);
  });

  it('are not taken a second time where they had expired', () => {
    const order = buy(noon(0), 1000);
    const facts = [order, giveBack(noon(1), 200, null), buy(noon(700), 300), giveBack(noon(731), 600, order)];
    expect(at(facts, noon(731))).toMatchObject({ points: 3, debt: 0, takenBack: 2, expired: 8 });
    expect(at(facts, noon(731)).lots[0]).toMatchObject({ remaining: 0, expired: 2 });
    const all = [...facts, giveBack(noon(732), 400, order)];
    expect(at(all, noon(732))).toMatchObject({ points: 1, debt: 2, takenBack: 4, expired: 8 });
  });

  it('are at most what the order earned, what had expired included', () => {
    const order = buy(noon(0), 1000);
    const facts = [order, giveBack(noon(731), 600, order, { currency: 'USD' }), giveBack(noon(732), 1000, order)];
    expect(at(facts, noon(732))).toMatchObject({ points: 0, debt: 0, takenBack: 0, expired: 10 });
  });

  it('are gone at the purchase, when the refund is dated before it', () => {
    const order = buy(noon(5), 1000);
    const facts = [buy(noon(0), 400), giveBack(noon(2), 1000, order), order];
    expect(at(facts, noon(2))).toMatchObject({ points: 0, takenBack: 4 });
    expect(at(facts, noon(5))).toMatchObject({ points: 4, takenBack: 10, earned: 14 });
  });

  it('are gone before another order of the instant of such a purchase', () => {
    const order = buy(noon(5), 1000, { id: 'first' });
    const indebted = [buy(noon(0), 300, { id: 'old' }), giveBack(noon(1), 300, null), giveBack(noon(2), 300, 'old')];
    const facts = [...indebted, giveBack(noon(2), 1000, order), order, buy(noon(5), 700, { id: 'second' })];
    expect(lotsOf(facts, noon(5))).toEqual([0, 0, 4]);
  });

  it('are the difference too after a refund in another currency', () => {
    const order = buy(noon(0), 10_000);
    const facts = [order, giveBack(noon(1), 3000, order, { currency: 'USD' }), giveBack(noon(2), 2000, order)];
    expect(at(facts, noon(2))).toMatchObject({ points: 50, takenBack: 50 });
  });

  it('are the whole units of a refund in another currency, which gives nothing of the order back', () => {
    const order = buy(noon(0), 1000);
    const facts = [order, giveBack(noon(1), 399, order, { currency: 'USD' })];
    expect(at(facts, noon(1))).toMatchObject({ points: 7, takenBack: 3, frequency: 1 });
    const both = [...facts, giveBack(noon(2), 1000, order)];
    expect(at(both, noon(2))).toMatchObject({ points: 0, takenBack: 10, debt: 0, frequency: 0 });
    const yen = [order, giveBack(noon(1), 399, order, { currency: 'JPY' })];
    expect(at(yen, noon(1))).toMatchObject({ points: 10, takenBack: 0 });
  });
});

describe('points taken back by an unmatched refund', () => {
  it('are its whole units, from the newest lot', () => {
    const facts = [buy(noon(0), 500), buy(noon(1), 500), giveBack(noon(2), 799, null)];
    expect(lotsOf(facts, noon(2))).toEqual([3, 0]);
    expect(at(facts, noon(2))).toMatchObject({ points: 3, takenBack: 7 });
  });

  it('are at most the balance of that instant', () => {
    const facts = [giveBack(noon(0), 900, null), buy(noon(1), 500), giveBack(noon(2), 9900, null)];
    expect(at(facts, noon(1))).toMatchObject({ points: 5, takenBack: 0 });
    expect(at(facts, noon(2))).toMatchObject({ points: 0, takenBack: 5, debt: 0 });
  });

  it('are none while there is a debt above the lots', () => {
    const order = buy(noon(0), 1000);
    const indebted = [order, giveBack(noon(1), 1000, null), giveBack(noon(2), 1000, order)];
    const facts = [...indebted, giveBack(noon(3), 300, null)];
    expect(at(facts, noon(3))).toMatchObject({ points: -10, takenBack: 20 });
  });

  it('are so too when the refund names a purchase that is not among the customer’s', () => {
    const theirs = buy(noon(0), 500, { customer: 'bob' });
    const facts = [theirs, buy(noon(0), 300), giveBack(noon(1), 500, theirs)];
    expect(at(facts, noon(1))).toMatchObject({ points: 0, takenBack: 3 });
    expect(customerAt(facts, 'bob', noon(1))).toMatchObject({ points: 5, takenBack: 0 });
  });

  it('are so too when only another source has a purchase of that name', () => {
    const order = buy(noon(0), 1000, { id: '1' });
    expect(at([order, giveBack(noon(1), 1000, '1', { source: 'till' })], noon(1))).toMatchObject({
      frequency: 1,
      points: 0,
      takenBack: 10,
    });
  });

  it('come after the purchases of the same instant', () => {
    expect(at([giveBack(noon(0), 300, null), buy(noon(0), 1000)], noon(0))).toMatchObject({ points: 7, takenBack: 3 });
  });
});
