import { createHash, type Hash } from 'node:crypto';

/** The steps of a run, one line each: the same seed gives the same bytes. */
export class Trace {
  readonly #hash: Hash = createHash('sha256');
  readonly #last: string[] = [];
  readonly #kept: number;
  #steps = 0;

  /** @param kept how many of the last lines are kept to be shown */
  constructor(kept = Number.POSITIVE_INFINITY) {
    this.#kept = kept;
  }

  get steps(): number {
    return this.#steps;
  }

  note(line: string): void {
    this.#hash.update(`${line}\n`);
    this.#last.push(`${String(++this.#steps).padStart(5)} ${line}`);
    if (this.#last.length > this.#kept) this.#last.shift();
  }

  /** Of all lines so far, hex. */
  get hash(): string {
    return this.#hash.copy().digest('hex');
  }

  get lines(): readonly string[] {
    return this.#last;
  }
}
