import type { CollectionDefinition, ViewSet } from '@tenure/read-store';
import { z } from 'zod';
import type { RecordedEvent } from './recorded-event.ts';
import type { DocumentChange } from './types.ts';

export const holdCollections: readonly CollectionDefinition[] = [
  { name: 'sessions', indexes: [] },
  { name: 'held', indexes: [] },
];

/**
 * Customers of import sessions that are still open: nothing is recorded for them until all of their sessions are closed,
 * so that old facts, arriving in any order, restate nothing.
 */
export class ImportHolds {
  readonly #state: ViewSet;
  #open = new Set<string>();
  /** The sessions that a customer, under any of their ids, waits for. */
  #held = new Map<string, ReadonlySet<string>>();

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
    const held = new Map<string, ReadonlySet<string>>();
    for await (const page of this.#state.stream('sessions')) for (const { _id } of page) open.add(_id);
    for await (const page of this.#state.stream('held')) {
      for (const { _id, sessions } of page) held.set(_id, new Set(z.array(z.string()).parse(sessions)));
    }
    this.#open = open;
    this.#held = held;
  }

  has(customerId: string): boolean {
    return this.#held.has(customerId);
  }

  /** Opens and closes sessions; returns who is free now. */
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
    const waiting = [...this.#held].filter(([, sessions]) => sessions.has(session));
    for (const [customerId, sessions] of waiting) {
      this.#set(customerId, new Set([...sessions].filter((other) => other !== session)), changes);
    }
    return waiting.map(([customerId]) => customerId).filter((customerId) => !this.has(customerId));
  }

  /**
   * Whether a customer with these events is to be held, now or still.
   * @param ids all of theirs, the canonical first: it takes on what the others wait for
   */
  hold(ids: readonly string[], events: readonly RecordedEvent[], changes: DocumentChange[]): boolean {
    const [customerId, ...aliases] = ids;
    if (customerId === undefined) return false;
    const before = this.#held.get(customerId);
    const sessions = new Set(before);
    for (const { metadata } of events) {
      if (metadata.session !== undefined && this.#open.has(metadata.session)) sessions.add(metadata.session);
    }
    for (const alias of aliases) {
      for (const session of this.#held.get(alias) ?? []) sessions.add(session);
      if (this.has(alias)) this.#set(alias, new Set(), changes);
    }
    if (sessions.size > (before?.size ?? 0)) this.#set(customerId, sessions, changes);
    return sessions.size > 0;
  }

  #set(customerId: string, sessions: ReadonlySet<string>, changes: DocumentChange[]): void {
    if (sessions.size === 0) this.#held.delete(customerId);
    else this.#held.set(customerId, sessions);
    const document = sessions.size === 0 ? null : { _id: customerId, sessions: [...sessions] };
    changes.push({ collection: 'held', id: customerId, document });
  }
}
