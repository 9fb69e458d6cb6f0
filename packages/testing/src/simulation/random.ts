import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

const toUnit = 2 ** -32;

/** A stream of chance that is told apart by numbers: the same numbers give the same stream, others an unrelated one. */
export function randomOf(...path: readonly number[]): Random {
  let hash = 0x9e3779b9;
  for (const part of path) {
    hash = mixed(hash ^ mixed(part | 0));
    hash = mixed(hash + Math.floor(part / 2 ** 32));
  }
  const state = [1, 2, 3, 4].map((index) => mixed(hash + Math.imul(index, 0x9e3779b9)));
  return new Random(xoroshiro128plusFromState(state));
}

/** The finisher of MurmurHash3: every bit of the input changes half of the output's. */
function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Draws from the distributions that the simulation needs. */
export class Random {
  readonly #generator: { next(): number };

  constructor(generator: { next(): number }) {
    this.#generator = generator;
  }

  /** Between 0 and 1, both excluded. */
  uniform(): number {
    return ((this.#generator.next() >>> 0) + 0.5) * toUnit;
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** A whole number from 0 to count - 1. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** @throws {RangeError} when there is nothing to choose from */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('there is nothing to choose from');
    return items[this.below(items.length)] as T;
  }

  /** One of the items, as often as its weight says. @throws {RangeError} when there is nothing to choose from */
  weighted<T>(items: readonly (readonly [item: T, weight: number])[]): T {
    let rest = this.uniform() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) {
      rest -= weight;
      if (rest < 0) return item;
    }
    const last = items.at(-1);
    if (last === undefined) throw new RangeError('there is nothing to choose from');
    return last[0];
  }

  exponential(mean: number): number {
    return -Math.log(this.uniform()) * mean;
  }

  /** By Box and Muller (1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Mean shape / rate. By Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables" (2000); below a shape of
   * 1 through the one above it.
   */
  gamma(shape: number, rate: number): number {
    if (shape < 1) return this.gamma(shape + 1, rate) * this.uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(this.uniform()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return (d * v) / rate;
    }
  }

  /** Mean a / (a + b). */
  beta(a: number, b: number): number {
    const x = this.gamma(a, 1);
    return x / (x + this.gamma(b, 1));
  }
}
