/** Draws that a seed repeats (mulberry32 by Tommy Ettinger, public domain). */
export class Chance {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed | 0;
  }

  /** From 0 to count - 1. */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * count);
  }

  /** Both inclusive. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True once in so many times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('there is nothing to choose from');
    return item;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [result[last], result[other]] = [result[other] as T, result[last] as T];
    }
    return result;
  }
}

/** Chance for a test: by `TENURE_TEST_SEED`, else by a new seed, which is printed so that a failure can be repeated. */
export function chanceFor(test: string): Chance {
  const given = process.env.TENURE_TEST_SEED;
  const seed = given === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(given);
  process.stdout.write(`${test}: TENURE_TEST_SEED=${seed}\n`);
  return new Chance(seed);
}

/** The long runs are asked for. */
export const isFull = process.env.TENURE_TEST_FULL === '1';
