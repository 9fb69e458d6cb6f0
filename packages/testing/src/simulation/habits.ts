import type { Random } from './random.ts';

/**
 * How often customers buy and when they stop, by the BG/NBD model: while alive a customer buys at a rate that is gamma
 * distributed over customers (shape r, rate alpha), and after each repeat purchase stops for ever with a probability that
 * is beta distributed over customers (a, b). Time is in weeks.
 *
 * Source: Fader, Hardie and Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model,
 * Marketing Science 24 (2005), 275-284.
 */
export interface BuyingModel {
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}

/** The article's estimate for buyers of music in 1997, who seldom come again. */
export const cdnowBuying: BuyingModel = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

/** A shop that people come back to, about every four weeks, so that every stage of the lifecycle is seen. */
export const livelyBuying: BuyingModel = { r: 1.2, alpha: 5, a: 0.8, b: 7 };

/** One customer's habit. */
export interface Habit {
  /** Purchases a week while alive. */
  readonly rate: number;
  /** Probability to stop after a repeat purchase. */
  readonly dropout: number;
}

export function drawHabit(random: Random, { r, alpha, a, b }: BuyingModel): Habit {
  return { rate: random.gamma(r, alpha), dropout: random.beta(a, b) };
}

/** Expected repeat purchases of a customer in the `weeks` after their first purchase: equation (9) of the article. */
export function expectedRepeats({ r, alpha, a, b }: BuyingModel, weeks: number): number {
  if (weeks <= 0) return 0;
  const z = weeks / (alpha + weeks);
  return ((a + b - 1) / (a - 1)) * (1 - (alpha / (alpha + weeks)) ** r * hypergeometric(r, b, a + b - 1, z));
}

/** Gauss' 2F1 by its series, for 0 <= z < 1. */
function hypergeometric(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < 100_000 && Math.abs(term) > 1e-13 * sum; n++) {
    term *= ((a + n) * (b + n) * z) / ((c + n) * (n + 1));
    sum += term;
  }
  return sum;
}

/**
 * What customers spend on an order, by the Gamma-Gamma model: orders of one customer are gamma distributed (shape p) with
 * a rate that is gamma distributed over customers (shape q, rate gamma). In whole units of the currency.
 *
 * Source: Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013), brucehardie.com/notes/025.
 */
export interface SpendModel {
  readonly p: number;
  readonly q: number;
  readonly gamma: number;
}

/** The note's estimate for the same buyers of music. */
export const cdnowSpend: SpendModel = { p: 6.25, q: 3.74, gamma: 15.44 };

/** One customer's rate of spending; the mean order is p / rate. */
export function drawSpendRate(random: Random, { q, gamma }: SpendModel): number {
  return random.gamma(q, gamma);
}

/** Expected amount of an order over all customers: p gamma / (q - 1). */
export function expectedSpend({ p, q, gamma }: SpendModel): number {
  return (p * gamma) / (q - 1);
}
