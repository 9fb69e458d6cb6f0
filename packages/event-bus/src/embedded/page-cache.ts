import type { EventStore, Position, StoredEvent } from '@tenure/event-store';

const pagesKept = 8;

/**
 * Pages of the log as they were read last, so that consumers that follow each other closely don't read and parse the
 * same events again. Only pages that are not the last are sure to stay as they are, so a page holds what there was.
 */
export class PageCache {
  readonly #store: EventStore;
  /** Events a page holds at most. */
  readonly size: number;
  readonly #pages = new Map<string, Promise<readonly StoredEvent[]>>();

  constructor(store: EventStore, pageSize: number) {
    this.#store = store;
    this.size = pageSize;
  }

  async read(after: Position | null): Promise<readonly StoredEvent[]> {
    const key = after ?? '';
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const page = this.#store.readAll({ ...(after === null ? {} : { after }), limit: this.size });
    this.#pages.set(key, page);
    const events = await page.catch((error: unknown) => {
      this.#pages.delete(key);
      throw error;
    });
    if (events.length === 0) this.#pages.delete(key);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= pagesKept) break;
      this.#pages.delete(oldest);
    }
    return events;
  }
}
