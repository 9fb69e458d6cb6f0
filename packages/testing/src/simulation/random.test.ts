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

/** Mean and variance within four standard errors of a distribution's; `kurtosis` is that in excess of the normal's. */
function expectMoments(draw: () => number, expected: { mean: number; variance: number; kurtosis: number }): void {
  const { mean, variance } = momentsOf(draw);
  expect(Math.abs(mean - expected.mean)).toBeLessThan(4 * Math.sqrt(expected.variance / draws));
  const error = expected.variance * Math.sqrt((expected.kurtosis + 2) / draws);
  expect(Math.abs(variance - expected.variance)).toBeLessThan(4 * error);
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
    expectMoments(() => randomOf(7, stream++).uniform(), { mean: 1 / 2, variance: 1 / 12, kurtosis: -6 / 5 });
  });

  it.each([
    [0.243, 4.414],
    [1.2, 5],
    [6.25, 0.5],
  ])('is gamma distributed with shape %f and rate %f', (shape, rate) => {
    const random = randomOf(11, shape * 1000);
    const expected = { mean: shape / rate, variance: shape / rate ** 2, kurtosis: 6 / shape };
    expectMoments(() => random.gamma(shape, rate), expected);
  });

  it.each([
    [0.793, 2.426],
    [8, 2],
  ])('is beta distributed with %f and %f', (a, b) => {
    const random = randomOf(13, a * 1000);
    const sum = a + b;
    const variance = (a * b) / (sum ** 2 * (sum + 1));
    const kurtosis = (6 * ((a - b) ** 2 * (sum + 1) - a * b * (sum + 2))) / (a * b * (sum + 2) * (sum + 3));
    expectMoments(() => random.beta(a, b), { mean: a / sum, variance, kurtosis });
  });

  it('is exponentially distributed, and normally', () => {
    const random = randomOf(17);
    expectMoments(() => random.exponential(3), { mean: 3, variance: 9, kurtosis: 6 });
    expectMoments(() => random.normal(), { mean: 0, variance: 1, kurtosis: 0 });
  });

  it('takes items as often as they weigh', () => {
    const random = randomOf(19);
    const isRed = () => Number(random.weighted([['red', 3] as const, ['blue', 1] as const]) === 'red');
    expectMoments(isRed, { mean: 3 / 4, variance: 3 / 16, kurtosis: -2 / 3 });
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
