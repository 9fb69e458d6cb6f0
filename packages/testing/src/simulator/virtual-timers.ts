interface Entry {
  /** ms of the virtual clock. */
  readonly at: number;
  readonly call: () => void;
}

/** Timers that go off one by one, when told to; their clock stands still in between. */
export class VirtualTimers {
  readonly #pending = new Set<Entry>();
  #now = 0;

  /** ms since the run began, by the clock that only timers move on. */
  get now(): number {
    return this.#now;
  }

  get count(): number {
    return this.#pending.size;
  }

  set(call: () => void, ms: number): object {
    const entry: Entry = { at: this.#now + Math.max(0, ms), call };
    this.#pending.add(entry);
    // What is made of a real one.
    return Object.assign(entry, { ref: () => entry, unref: () => entry, hasRef: () => true });
  }

  clear(timer: unknown): void {
    for (const entry of this.#pending) if (entry === timer) this.#pending.delete(entry);
  }

  /** Resolves when the time has come; rejects with the signal's reason. */
  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const timer = this.set(resolve, ms);
      signal?.addEventListener('abort', () => {
        this.clear(timer);
        reject(signal.reason);
      });
    });
  }

  /** Lets the next one go off, whenever it is due. Says whether there was one. */
  fireNext(): boolean {
    let next: Entry | undefined;
    for (const entry of this.#pending) if (next === undefined || entry.at < next.at) next = entry;
    if (next === undefined) return false;
    this.#pending.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.call();
    return true;
  }

  /** Those who set them are no more. */
  forget(): void {
    this.#pending.clear();
  }
}
