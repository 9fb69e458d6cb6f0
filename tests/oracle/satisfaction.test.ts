import { describe, expect, it } from 'vitest';
import { customerAt } from './customer.ts';
import type { Fact } from './facts.ts';
import { buy, complain, followUp, noon, survey } from './hand-made.ts';

const scoreOf = (facts: Fact[], asOf: number) => customerAt(facts, 'ann', asOf)?.satisfaction;

describe('satisfaction', () => {
  it('is null without an item', () => {
    expect(scoreOf([buy(noon(0), 100), followUp(noon(1), null, null)], noon(2))).toBeNull();
  });

  it.each([
    ['csat', 4, 75, 'high'],
    ['csat', 1, 0, 'low'],
    ['nps', 7, 70, 'middle'],
    ['nps', 5, 50, 'middle'],
    ['ces', 4, 50, 'middle'],
    ['ces', 2, 17, 'low'],
  ] as const)('scales %s %i to %i, %s', (scale, given, score, band) => {
    expect(scoreOf([survey(noon(0), scale, given)], noon(9))).toMatchObject({ score, band });
  });

  it('weighs an effort half, and halves a weight each 180 days', () => {
    const facts = [survey(noon(0), 'csat', 5), survey(noon(0), 'ces', 1)];
    expect(scoreOf(facts, noon(5))?.score).toBe(67);
    expect(scoreOf([survey(noon(0), 'nps', 0), survey(noon(180), 'nps', 10)], noon(180))?.score).toBe(67);
    expect(scoreOf([survey(noon(0), 'nps', 0), survey(noon(360), 'nps', 10)], noon(360))?.score).toBe(80);
  });

  it('counts a complaint as 0 until a follow-up with a satisfaction stands in its place', () => {
    const complaint = complain(noon(0));
    const facts = [complaint, followUp(noon(5), complaint, null), followUp(noon(9), complaint, 4)];
    expect(scoreOf(facts, noon(8))).toMatchObject({ score: 0, band: 'low' });
    expect(scoreOf(facts, noon(9))).toMatchObject({ score: 75, band: 'high' });
    expect(scoreOf([...facts, complain(noon(9))], noon(9))?.exact).toBe(37.5);
  });

  it('counts a follow-up of nothing in particular as an answer', () => {
    expect(scoreOf([followUp(noon(0), null, 3)], noon(0))?.score).toBe(50);
  });
});
