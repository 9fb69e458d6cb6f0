import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import type { Random } from '../simulation/random.ts';
import { VirtualTimers } from './virtual-timers.ts';

type Call = () => void;
type Replaced = readonly [object: object, name: string, value: unknown];

/**
 * What code in this thread sees instead of the machine, from `install` until it is disposed of: timers that go off when
 * the run says so, a clock that they alone move on, and chance that a seed repeats. Work that is put off to the next turn
 * of the event loop really is, and counted, so that the run can wait until nothing moves any more.
 */
export class VirtualMachine implements Disposable {
  readonly #random: Random;
  readonly #wallClock: () => number;
  readonly #replaced: Replaced[] = [];
  readonly #nextTurn: (call: Call) => void;
  readonly timers = new VirtualTimers();
  #putOff = 0;
  #atWork = 0;

  /** @param wallClock what `Date.now` says, ms since 1970 UTC */
  static install(random: Random, wallClock: () => number): VirtualMachine {
    return new VirtualMachine(random, wallClock);
  }

  private constructor(random: Random, wallClock: () => number) {
    this.#random = random;
    this.#wallClock = wallClock;
    const { setImmediate } = globalThis;
    this.#nextTurn = (call) => void setImmediate(call);
    this.#replaceTimers();
    this.#replaceChance();
    syncBuiltinESMExports();
  }

  [Symbol.dispose](): void {
    for (const [object, name, value] of this.#replaced.reverse()) Reflect.set(object, name, value);
    syncBuiltinESMExports();
  }

  /** Counts work as under way until it is done. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#atWork++;
    try {
      return await work();
    } finally {
      this.#atWork--;
    }
  }

  /** Resolves once nothing moves by itself: all that goes on waits for a timer, or for the run. */
  async quiet(): Promise<void> {
    // A message between two ports of this thread takes a turn of its own.
    for (let turns = 0; turns < 2; turns++) {
      await new Promise<void>((resolve) => this.#nextTurn(resolve));
      if (this.#putOff > 0 || this.#atWork > 0) turns = -1;
    }
  }

  #replaceTimers(): void {
    const virtual = this.timers;
    const set = (call: Call, ms?: number) => virtual.set(call, ms ?? 0);
    const clear = (timer: unknown) => virtual.clear(timer);
    const later = <T>(ms?: number, value?: T, options?: { readonly signal?: AbortSignal }): Promise<T | undefined> =>
      virtual.pause(ms ?? 0, options?.signal).then(() => value);
    const immediately = (call: (...given: unknown[]) => void, ...given: unknown[]): void => {
      this.#putOff++;
      this.#nextTurn(() => {
        this.#putOff--;
        call(...given);
      });
    };
    const soon = <T>(value?: T): Promise<T | undefined> => new Promise((resolve) => immediately(() => resolve(value)));
    for (const home of [globalThis, timers]) {
      this.#replace(home, { setTimeout: set, clearTimeout: clear, setImmediate: immediately });
      this.#replace(home, { setInterval: refuse('setInterval') });
    }
    this.#replace(timersPromises, { setTimeout: later, setImmediate: soon });
    this.#replace(performance, { now: () => virtual.now });
    this.#replace(Date, { now: this.#wallClock });
  }

  #replaceChance(): void {
    const random = this.#random;
    const bytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => random.below(256)));
    const uuid = (): string => {
      const hex = bytes(16).toString('hex');
      return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join(
        '-',
      );
    };
    this.#replace(crypto, { randomBytes: bytes, randomUUID: uuid });
    this.#replace(Math, { random: () => random.uniform() });
  }

  #replace(object: object, by: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(by)) {
      this.#replaced.push([object, name, Reflect.get(object, name)]);
      Reflect.set(object, name, value);
    }
  }
}

function refuse(what: string): () => never {
  return () => {
    throw new Error(`${what} has no place in a simulated run`);
  };
}
