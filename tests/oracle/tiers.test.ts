import { describe, expect, it } from 'vitest';
import { customerAt, customersTierTransitions } from './customer.ts';
import type { Fact } from './facts.ts';
import { buy, giveBack, noon } from './hand-made.ts';

const told = (facts: Fact[], until: number) =>
  customersTierTransitions(facts, 'ann', until).map(({ to, at, reason }) => [to, at, reason]);

describe('upgrades', () => {
  it('come at once with the points that reach the threshold', () => {
    const facts = [buy(noon(0), 49_900), buy(noon(1), 100), buy(noon(2), 150_000)];
    expect(told(facts, noon(3))).toEqual([
      ['silver', noon(1), 'earned'],
      ['gold', noon(2), 'earned'],
    ]);
    expect(customerAt(facts, 'ann', noon(0))).toMatchObject({ tier: 'none', tierSince: null });
    expect(customerAt(facts, 'ann', noon(2))).toMatchObject({ tier: 'gold', tierSince: noon(2) });
  });

  it('look at the 365 days before, the far end excluded', () => {
    expect(told([buy(noon(0), 30_000), buy(noon(365) - 1, 20_000)], noon(365))).toHaveLength(1);
    expect(told([buy(noon(0), 30_000), buy(noon(365), 20_000)], noon(365))).toEqual([]);
  });

  it('look at what is left after what was taken back', () => {
    const order = buy(noon(0), 40_000);
    expect(told([order, giveBack(noon(1), 10_000, order), buy(noon(2), 10_000)], noon(9))).toEqual([]);
  });
});

describe('a review, 365 days after a tier was reached', () => {
  it('lowers the tier to what the year since gave', () => {
    const facts = [buy(noon(0), 200_000), buy(noon(100), 60_000)];
    expect(told(facts, noon(365) - 1)).toHaveLength(1);
    expect(told(facts, noon(800)).slice(1)).toEqual([
      ['silver', noon(365), 'review'],
      ['none', noon(730), 'review'],
    ]);
    expect(customerAt(facts, 'ann', noon(730))).toMatchObject({ tier: 'none', tierSince: noon(730) });
  });

  it('does not count the points of the instant that reached the tier again', () => {
    expect(told([buy(noon(0), 60_000)], noon(365)).at(-1)).toEqual(['none', noon(365), 'review']);
  });

  it('confirms the tier, and the next is a year later', () => {
    const facts = [buy(noon(0), 50_000), buy(noon(365) - 1, 50_000)];
    expect(told(facts, noon(729))).toEqual([['silver', noon(0), 'earned']]);
    expect(told(facts, noon(730)).at(-1)).toEqual(['none', noon(730), 'review']);
  });

  it('precedes an order of that very instant', () => {
    expect(told([buy(noon(0), 50_000), buy(noon(365), 50_000)], noon(365)).slice(1)).toEqual([
      ['none', noon(365), 'review'],
      ['silver', noon(365), 'earned'],
    ]);
  });
});

describe('points taken back', () => {
  it('withdraw the tier that stood on them, at once', () => {
    const order = buy(noon(10), 200_000);
    const facts = [buy(noon(0), 60_000), order, giveBack(noon(20), 200_000, order)];
    expect(told(facts, noon(20))).toEqual([
      ['silver', noon(0), 'earned'],
      ['gold', noon(10), 'earned'],
      ['silver', noon(20), 'taken-back'],
    ]);
  });

  it('leave a tier that the rest still carries', () => {
    const order = buy(noon(0), 60_000);
    expect(told([order, giveBack(noon(20), 10_000, order)], noon(20))).toHaveLength(1);
  });

  it('are measured from a year before the tier was reached, so that time alone lowers nothing', () => {
    const facts = [buy(noon(0), 40_000), buy(noon(300), 10_000), giveBack(noon(400), 100, null)];
    expect(told(facts.slice(0, 2), noon(400))).toEqual([['silver', noon(300), 'earned']]);
    expect(told(facts, noon(400)).at(-1)).toEqual(['none', noon(400), 'taken-back']);
    expect(told([...facts.slice(0, 2), buy(noon(301), 100), ...facts.slice(2)], noon(400))).toHaveLength(1);
  });

  it('are measured from the last review that confirmed it', () => {
    const facts = [buy(noon(0), 90_000), buy(noon(200), 60_000), giveBack(noon(380), 1000, null)];
    expect(told(facts, noon(380)).at(-1)).toEqual(['silver', noon(0), 'earned']);
    expect(told([...facts, giveBack(noon(390), 10_000, null)], noon(390)).at(-1)).toEqual([
      'none',
      noon(390),
      'taken-back',
    ]);
  });

  it('start the time of the lower tier anew', () => {
    const order = buy(noon(10), 200_000);
    const facts = [buy(noon(0), 60_000), order, giveBack(noon(100), 200_000, order)];
    expect(told(facts, noon(464)).at(-1)).toEqual(['silver', noon(100), 'taken-back']);
    expect(told(facts, noon(465)).at(-1)).toEqual(['none', noon(465), 'review']);
  });
});
