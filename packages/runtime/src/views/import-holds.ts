import type { CollectionDefinition, ViewSet } from '@tenure/read-store';
import type { RecordedEvent } from './recorded-event.ts';
import type { DocumentChange } from './types.ts';

export const holdCollections: readonly CollectionDefinition[] = [
  { name: 'sessions', indexes: [] },
  { name: 'held', indexes: [] },
];

/**
 * Customers of import sessions that are still open: nothing is recorded for them until their session closes, so that old
 * facts, arriving in any order, restate nothing.
 */
export class ImportHolds {
  readonly #state: ViewSet;
  #open = new Set<string>();
  #held = new Map<string, string>();

  private constructor(state: ViewSet) {
    this.#state = state;
  }

  /** @param state where the rows are kept */
  static async load(state: ViewSet): Promise<ImportHolds> {
    const holds = new ImportHolds(state);
    await holds.reload();
    return holds;
  }

  /** Forgets what was noted and never written. */
  async reload(): Promise<void> {
    const open = new Set<string>();
    const held = new Map<string, string>();
    for await (const page of this.#state.stream('sessions')) for (const { _id } of page) open.add(_id);
    for await (const page of this.#state.stream('held')) {
      for (const { _id, session } of page) if (typeof session === 'string') held.set(_id, session);
    }
    this.#open = open;
    this.#held = held;
  }

  has(customerId: string): boolean {
    return this.#held.has(customerId);
  }

  /** Opens and closes sessions; returns who is free now. Their rows go with `release`. */
  note(event: RecordedEvent, changes: DocumentChange[]): readonly string[] {
    if (event.type === 'ImportStarted') {
      const { session } = event.data;
      this.#open.add(session);
      changes.push({ collection: 'sessions', id: session, document: { _id: session } });
    }
    if (event.type !== 'ImportFinished') return [];
    const { session } = event.data;
    this.#open.delete(session);
    changes.push({ collection: 'sessions', id: session, document: null });
    return [...this.#held].filter(([, own]) => own === session).map(([customerId]) => customerId);
  }

  /** Whether a customer with these events is to be held, now or still. */
  hold(customerId: string, events: readonly RecordedEvent[], changes: DocumentChange[]): boolean {
    if (this.#held.has(customerId)) return true;
    const session = events
      .map((event) => event.metadata.session)
      .find((candidate) => candidate !== undefined && this.#open.has(candidate));
    if (session === undefined) return false;
    this.#held.set(customerId, session);
    changes.push({ collection: 'held', id: customerId, document: { _id: customerId, session } });
    return true;
  }

  release(customerId: string, changes: DocumentChange[]): void {
    if (this.#held.delete(customerId)) changes.push({ collection: 'held', id: customerId, document: null });
  }
}
