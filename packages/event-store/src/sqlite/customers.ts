import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';

/** Customer ids as small integers, which keep the index by customer small. The writer's side. */
export class Customers {
  readonly #cache: LRUCache<string, number>;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;

  constructor(db: DatabaseSync, cacheSize = 50_000) {
    this.#cache = new LRUCache({ max: cacheSize });
    this.#select = db.prepare('select id from customers where hash = ?');
    this.#insert = db.prepare('insert into customers (hash) values (?)');
  }

  /** The customer's number, made within the open transaction if there is none. */
  intern(customerId: string): number {
    let number = this.#cache.get(customerId);
    if (number === undefined) {
      const hash = Buffer.from(customerId, 'hex');
      number = Number(this.#select.get(hash)?.id ?? this.#insert.run(hash).lastInsertRowid);
      this.#cache.set(customerId, number);
    }
    return number;
  }

  /** After a rollback: what was made in it is not there. */
  forget(): void {
    this.#cache.clear();
  }
}
