import type { VirtualMachine } from './virtual-machine.ts';

/** What a call does that is let through. `lost`: it is done, and nobody hears of it. `failed`: it is not done. */
export type Passage = 'done' | 'lost' | 'failed';

/** A call that waits to be let through. */
export interface Waiting {
  /** Who calls what, for the trace. */
  readonly name: string;
  /** What kind of call it is, for whoever decides what may befall it. */
  readonly kind: string;
  /** Not to be let through while this says no. */
  readonly when?: () => boolean;
  /** What the caller is told when it fails, or its outcome is lost. Without it the call cannot fail. */
  readonly failure?: () => Error;
  through(passage: Passage): void;
}

type Call<T> = Pick<Waiting, 'name' | 'kind' | 'when' | 'failure'> & { readonly work: () => Promise<T> | T };

/**
 * Where all that leaves memory stops: each call waits until the run lets it through, alone or with others, so nothing
 * happens that the run has not decided. Those who are forgotten wait for ever, as calls of a process that was killed.
 */
export class Turnstile {
  readonly #machine: VirtualMachine;
  #waiting: Waiting[] = [];

  constructor(machine: VirtualMachine) {
    this.#machine = machine;
  }

  /** Calls that may be let through now, in the order in which they came. */
  get ready(): readonly Waiting[] {
    return this.#waiting.filter(({ when }) => when === undefined || when());
  }

  pass<T>({ work, ...call }: Call<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const through = (passage: Passage): void => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      const { failure } = call;
      const carriedOut =
        passage === 'failed' && failure !== undefined
          ? Promise.reject(failure())
          : this.#machine.during(async () => work());
      carriedOut.then(
        (value) => (passage === 'lost' && failure !== undefined ? reject(failure()) : resolve(value)),
        reject,
      );
    };
    const waiting: Waiting = { ...call, through };
    this.#waiting.push(waiting);
    return promise;
  }

  /** Nobody is left to hear of what waits. */
  forget(): void {
    this.#waiting = [];
  }
}
