import { LRUCache } from 'lru-cache';
import type { SealedEvent } from '../port.ts';
import type { LogReads } from './log-reads.ts';

const REMEMBERED = 10_000;

/**
 * Looks for what an index of one customer's events lacks: the revisions of a stream have no gap, so where one is missing
 * the event must be another's. That costs a read of the stream once.
 */
export class CustomerGaps {
  readonly #reads: LogReads;
  /** Gaps that hold no event of the customer: the log never changes. */
  readonly #known = new LRUCache<string, true>({ max: REMEMBERED });

  constructor(reads: LogReads) {
    this.#reads = reads;
  }

  /** Undefined if nothing is missing between the first and the last event of each stream, or before its first one. */
  async find(
    customerId: string,
    events: readonly SealedEvent[],
    fromBeginning: boolean,
  ): Promise<{ readonly stream: string; readonly revision: number } | undefined> {
    const next = new Map<string, number>();
    for (const { stream, revision } of events) {
      const expected = next.get(stream) ?? (fromBeginning ? 0 : revision);
      if (revision > expected) {
        const missing = await this.#missing(customerId, stream, expected, revision - expected);
        if (missing !== undefined) return { stream, revision: missing };
      }
      next.set(stream, revision + 1);
    }
    return undefined;
  }

  async #missing(customerId: string, stream: string, from: number, limit: number): Promise<number | undefined> {
    const key = `${customerId} ${stream} ${from} ${limit}`;
    if (this.#known.has(key)) return undefined;
    const found = await this.#reads.readStream(stream, { from, limit });
    const missing = found.find((event) => event.customerId === customerId);
    if (!missing) this.#known.set(key, true);
    return missing?.revision;
  }
}
