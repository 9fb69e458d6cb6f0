/** What the threads of one replay and whoever watches it share: counters, and whether to go on. */
export class SharedProgress {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(buffer = new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer);
  }

  /** Ids that were looked at so far. */
  get done(): number {
    return Atomics.load(this.#cells, cell.done);
  }

  addDone(): void {
    Atomics.add(this.#cells, cell.done, 1);
  }

  /** Takes the next so many of all ids. @returns the index of the first of them */
  take(count: number): number {
    return Atomics.add(this.#cells, cell.taken, count);
  }

  get isCancelled(): boolean {
    return Atomics.load(this.#cells, cell.cancelled) !== 0;
  }

  cancel(): void {
    Atomics.store(this.#cells, cell.cancelled, 1);
  }
}

const cell = { done: 0, taken: 1, cancelled: 2 } as const;
