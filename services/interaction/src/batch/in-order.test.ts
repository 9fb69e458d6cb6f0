import { expect, test } from 'vitest';
import { inOrder } from './in-order.ts';

const never = new AbortController().signal;

/** Work that ends when the test says so. */
class Bench {
  readonly begun: number[] = [];
  readonly #ends = new Map<number, (error?: Error) => void>();
  readonly work = (input: number): Promise<string> => {
    this.begun.push(input);
    return new Promise((resolve, reject) => {
      this.#ends.set(input, (error) => (error === undefined ? resolve(`done ${input}`) : reject(error)));
    });
  };
  end(input: number, error?: Error): void {
    this.#ends.get(input)?.(error);
  }
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 1; number <= count; number++) yield number;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('results come in the order of the inputs, whichever is done first', async () => {
  const bench = new Bench();
  const results = inOrder(numbers(3), bench.work, { atOnce: 3, signal: never });
  const first = results.next();
  await turn();
  expect(bench.begun).toEqual([1, 2, 3]);
  bench.end(3);
  bench.end(2);
  bench.end(1);
  expect((await first).value).toBe('done 1');
  expect((await results.next()).value).toBe('done 2');
  expect((await results.next()).value).toBe('done 3');
  expect((await results.next()).done).toBe(true);
});

test('no more is read than may be at work while results are not taken', async () => {
  const bench = new Bench();
  const results = inOrder(numbers(100), bench.work, { atOnce: 2, signal: never });
  const first = results.next();
  await turn();
  expect(bench.begun).toEqual([1, 2]);
  bench.end(1);
  bench.end(2);
  await first;
  await turn();
  expect(bench.begun).toEqual([1, 2]);
  await results.next();
  await turn();
  expect(bench.begun.length).toBeLessThanOrEqual(4);
});

test('a result is given while the next input has not come', async () => {
  const bench = new Bench();
  async function* slow(): AsyncGenerator<number> {
    yield 1;
    await new Promise(() => undefined);
  }
  const results = inOrder(slow(), bench.work, { atOnce: 4, signal: never });
  const first = results.next();
  await turn();
  bench.end(1);
  expect((await first).value).toBe('done 1');
});

test('what was begun before the signal is given, and nothing more is read', async () => {
  const bench = new Bench();
  const stopping = new AbortController();
  async function* slow(): AsyncGenerator<number> {
    yield 1;
    yield 2;
    await new Promise(() => undefined);
  }
  const results = inOrder(slow(), bench.work, { atOnce: 4, signal: stopping.signal });
  const first = results.next();
  await turn();
  stopping.abort();
  bench.end(1);
  bench.end(2);
  expect((await first).value).toBe('done 1');
  expect((await results.next()).value).toBe('done 2');
  expect((await results.next()).done).toBe(true);
});

test('waiting for an input ends with the signal', async () => {
  const stopping = new AbortController();
  async function* silent(): AsyncGenerator<number> {
    await new Promise(() => undefined);
  }
  const results = inOrder(silent(), new Bench().work, { atOnce: 4, signal: stopping.signal });
  const first = results.next();
  await turn();
  stopping.abort();
  expect((await first).done).toBe(true);
});

test('an input that comes after the signal is not begun: nobody would hear of it', async () => {
  const bench = new Bench();
  const stopping = new AbortController();
  const { promise: arrives, resolve: arrive } = Promise.withResolvers<void>();
  async function* late(): AsyncGenerator<number> {
    await arrives;
    yield 1;
  }
  const results = inOrder(late(), bench.work, { atOnce: 4, signal: stopping.signal });
  const first = results.next();
  await turn();
  stopping.abort();
  expect((await first).done).toBe(true);
  arrive();
  await turn();
  expect(bench.begun).toEqual([]);
});

test('an error of the work, or of the inputs, is thrown', async () => {
  const bench = new Bench();
  const results = inOrder(numbers(2), bench.work, { atOnce: 2, signal: never });
  const first = results.next();
  await turn();
  bench.end(1, new Error('broken'));
  await expect(first).rejects.toThrow('broken');

  async function* broken(): AsyncGenerator<number> {
    yield 1;
    throw new Error('cut off');
  }
  const others = inOrder(broken(), async (input) => input, { atOnce: 2, signal: never });
  await expect(
    (async () => {
      for (;;) if ((await others.next()).done === true) return;
    })(),
  ).rejects.toThrow('cut off');
});
