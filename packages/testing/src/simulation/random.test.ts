import { describe, expect, it } from 'vitest';
import { randomOf } from './random.ts';

const draws = 40_000;

/** Mean and variance of many draws. */
function momentsOf(draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: draws }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;
  return { mean, variance };
}

/** Within so many percent. */
function expectNear(actual: number, expected: number, percent: number): void {
  expect(Math.abs(actual / expected - 1) * 100).toBeLessThan(percent);
}

describe('chance', () => {
  it('comes out the same for the same numbers, and otherwise for others', () => {
    const first = (...path: number[]) => {
      const random = randomOf(...path);
      return [random.uniform(), random.uniform(), random.uniform()];
    };
    expect(first(1, 2)).toEqual(first(1, 2));
    const starts = [first(1, 2), first(2, 1), first(1, 3), first(1), first(2 ** 40 + 1, 2)].map(([start]) => start);
    expect(new Set(starts).size).toBe(5);
  });

  it('is even over neighbouring streams', () => {
    let stream = 0;
    const { mean, variance } = momentsOf(() => randomOf(7, stream++).uniform());
    expectNear(mean, 1 / 2, 1);
    expectNear(variance, 1 / 12, 2);
  });

  it.each([
    [0.243, 4.414],
    [1, 2],
    [6.25, 0.5],
  ])('is gamma distributed with shape %f and rate %f', (shape, rate) => {
    const random = randomOf(11, shape * 1000);
    const { mean, variance } = momentsOf(() => random.gamma(shape, rate));
    expectNear(mean, shape / rate, 3);
    expectNear(variance, shape / rate ** 2, 8);
  });

  it.each([
    [0.793, 2.426],
    [8, 2],
  ])('is beta distributed with %f and %f', (a, b) => {
    const random = randomOf(13, a * 1000);
    const { mean, variance } = momentsOf(() => random.beta(a, b));
    expectNear(mean, a / (a + b), 2);
    expectNear(variance, (a * b) / ((a + b) ** 2 * (a + b + 1)), 5);
  });

  it('is exponentially distributed, and normally', () => {
    const random = randomOf(17);
    const exponential = momentsOf(() => random.exponential(3));
    expectNear(exponential.mean, 3, 2);
    expectNear(exponential.variance, 9, 5);
    const normal = momentsOf(() => random.normal());
    expect(Math.abs(normal.mean)).toBeLessThan(0.02);
    expectNear(normal.variance, 1, 3);
  });

  it('takes items as often as they weigh', () => {
    const random = randomOf(19);
    const isRed = () => Number(random.weighted([['red', 3] as const, ['blue', 1] as const]) === 'red');
    expectNear(momentsOf(isRed).mean, 0.75, 2);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
