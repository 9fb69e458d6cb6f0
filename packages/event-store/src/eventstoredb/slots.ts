/** Bounds what runs at once. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/**
 * Runs all at once that have no name in common, within the slots; those that have, one after the other in their order.
 * Answers in order. Nothing rejects, if `work` does not.
 */
export const runInOrderByName = <T, R>(
  items: readonly T[],
  namesOf: (item: T) => readonly string[],
  slots: Slots,
  work: (item: T) => Promise<R>,
): Promise<R[]> => {
  const last = new Map<string, Promise<R>>();
  const all = items.map((item) => {
    const names = namesOf(item);
    const before = names.flatMap((name) => last.get(name) ?? []);
    const run =
      before.length === 0 ? slots.run(() => work(item)) : Promise.all(before).then(() => slots.run(() => work(item)));
    for (const name of names) last.set(name, run);
    return run;
  });
  return Promise.all(all);
};
