import { pause } from './pause.ts';

/** The longest pause, as a multiple of the first. */
const MOST = 100;

/** Pauses between tries, each twice as long as the one before. */
export class Backoff {
  readonly #firstMs: number;
  #nextMs: number;

  constructor(firstMs: number) {
    this.#firstMs = firstMs;
    this.#nextMs = firstMs;
  }

  /** Resolves when it is time to try again, or as soon as `signal` is aborted. */
  async pause(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#firstMs * MOST);
    await pause(ms, signal);
  }

  /** A try went well. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
