/** One command's claim on its streams. */
interface Turn {
  waiting: (() => void)[] | undefined;
}

/**
 * Lets the commands of this process on one stream go one after another, in the order they came: they would only run into
 * each other's appends. Claims are taken on all streams of a command at once, hence never in a circle.
 */
export class Turns {
  readonly #last = new Map<string, Turn>();

  /** Resolves when all earlier claims on these streams are given back; undefined if there are none. */
  take(streams: readonly string[]): { readonly ready: Promise<void> | undefined; readonly release: () => void } {
    const turn: Turn = { waiting: undefined };
    const before = new Set<Turn>();
    for (const stream of streams) {
      const last = this.#last.get(stream);
      if (last !== undefined && last !== turn) before.add(last);
      this.#last.set(stream, turn);
    }
    const release = (): void => {
      for (const stream of streams) if (this.#last.get(stream) === turn) this.#last.delete(stream);
      for (const wake of turn.waiting ?? []) wake();
    };
    return { ready: before.size === 0 ? undefined : allOf(before), release };
  }
}

function allOf(turns: ReadonlySet<Turn>): Promise<void> {
  return new Promise((resolve) => {
    let left = turns.size;
    for (const turn of turns) {
      turn.waiting ??= [];
      turn.waiting.push(() => {
        left--;
        if (left === 0) resolve();
      });
    }
  });
}
