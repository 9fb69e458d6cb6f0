import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import type { TermWriter } from './terms.ts';

/** A stream as its writer knows it. */
export interface StreamState {
  readonly id: number;
  /** Of its last event. */
  readonly revision: number;
}

const HASH_DIGITS = 32;

/** The streams of the log, by name; those in use are kept in memory. */
export class Streams {
  readonly #cache: LRUCache<string, StreamState>;
  readonly #terms: TermWriter;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;

  constructor(db: DatabaseSync, terms: TermWriter, cacheSize = 50_000) {
    this.#cache = new LRUCache({ max: cacheSize });
    this.#terms = terms;
    this.#select = db.prepare(`
      select id, (select max(revision) from events where stream = streams.id) as revision
      from streams where hash = ? and category = ?
    `);
    this.#insert = db.prepare('insert into streams (hash, category) values (?, ?)');
  }

  find(name: string): StreamState | undefined {
    const cached = this.#cache.get(name);
    if (cached) return cached;
    const { category, hash } = splitStreamName(name);
    const term = this.#terms.find(category);
    if (term === undefined) return undefined;
    const row = this.#select.get(hash, term);
    if (!row) return undefined;
    const state = { id: Number(row.id), revision: Number(row.revision) };
    this.#cache.set(name, state);
    return state;
  }

  /** Makes a stream, within the open transaction; it has no event yet. */
  create(name: string): StreamState {
    const { category, hash } = splitStreamName(name);
    return { id: Number(this.#insert.run(hash, this.#terms.intern(category)).lastInsertRowid), revision: -1 };
  }

  update(name: string, state: StreamState): void {
    this.#cache.set(name, state);
  }

  /** After a rollback: what was done in it did not happen. */
  forget(): void {
    this.#cache.clear();
  }
}

/** `category-hash` in its two parts, the hash as 16 bytes. */
export const splitStreamName = (name: string): { category: string; hash: Buffer } => ({
  category: name.slice(0, -HASH_DIGITS - 1),
  hash: Buffer.from(name.slice(-HASH_DIGITS), 'hex'),
});
