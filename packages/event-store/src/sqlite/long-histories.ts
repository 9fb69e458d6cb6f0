import { LRUCache } from 'lru-cache';
import type { Position, SealedEvent } from '../port.ts';

/** Shorter ones are read in a few milliseconds. */
const LONG = 1_000;
/** Events that are remembered, over all customers; 1 to 2 KB each. */
const REMEMBERED = 20_000;

/**
 * The long histories of customers that were read last, as the log has them: of those only what follows is read again. What
 * is sealed stays sealed, and is opened at each reading: a key that was destroyed since opens nothing.
 */
export class LongHistories {
  readonly #events = new LRUCache<string, readonly SealedEvent[]>({
    maxSize: REMEMBERED,
    sizeCalculation: ({ length }) => length,
  });

  /** @param read reads the customer's events in log order, all that come after a position */
  read(customerId: string, read: (after: Position | undefined) => readonly SealedEvent[]): readonly SealedEvent[] {
    const known = this.#events.get(customerId);
    const news = read(known?.at(-1)?.position);
    if (known !== undefined && news.length === 0) return known;
    const events = known === undefined ? news : [...known, ...news];
    if (events.length >= LONG) this.#events.set(customerId, events);
    return events;
  }
}
