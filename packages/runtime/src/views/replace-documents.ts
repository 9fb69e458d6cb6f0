import { type GuardedReplace, GuardMismatchError, type Json, type ViewSet, type WriteBatch } from '@tenure/read-store';
import { LRUCache } from 'lru-cache';
import type { DocumentChange } from './types.ts';

/**
 * Writes documents, each guarded by what the stored one was folded from. Guards of documents written last are remembered;
 * an unknown one is taken to be new. Where a guard turns out wrong the stored one is read, and whoever asked has to fold
 * again before writing over it: somebody else may have known more.
 */
export class DocumentWriter {
  readonly #views: ViewSet;
  readonly #maxGuards: number;
  readonly #guards = new Map<string, LRUCache<string, string>>();

  /** @param maxGuards remembered for each collection; room is made at once */
  constructor(views: ViewSet, maxGuards = 100_000) {
    this.#views = views;
    this.#maxGuards = maxGuards;
  }

  /** @throws {GuardMismatchError} having written nothing and learned the guards: what is folded from now on can be written */
  async write(
    changes: ReadonlyMap<string, DocumentChange & { readonly guard: string }>,
    checkpoints: Readonly<Record<string, Json>>,
  ): Promise<void> {
    await this.expectStored([...changes.values()].filter(({ document }) => document === null));
    const replaces: GuardedReplace[] = [];
    for (const { collection, id, document, guard } of changes.values()) {
      const expected = this.#guardsOf(collection).get(id) ?? null;
      if (document === null && expected === null) continue;
      replaces.push({ collection, id, document, guard, expected });
    }
    try {
      await this.#views.write({ replaces, checkpoints } satisfies WriteBatch);
    } catch (error) {
      if (error instanceof GuardMismatchError) await this.#learn(error.mismatches);
      throw error;
    }
    for (const { collection, id, document, guard, isFinal } of changes.values()) {
      if (document === null || isFinal === true) this.#guardsOf(collection).delete(id);
      else this.#guardsOf(collection).set(id, guard);
    }
  }

  /** Forgets what stands in the views: others may have written. */
  forget(): void {
    this.#guards.clear();
  }

  /** Reads the guards of documents before they are written, where a miss is likely: those of a collection in one go. */
  async expectStored(changes: Iterable<DocumentChange>): Promise<void> {
    const ids = new Map<string, string[]>();
    for (const { collection, id } of changes) {
      // Looked up as one that is used: else those to be read would push it out.
      if (this.#guardsOf(collection).get(id) !== undefined) continue;
      const own = ids.get(collection);
      if (own === undefined) ids.set(collection, [id]);
      else own.push(id);
    }
    for (const [collection, own] of ids) {
      for (const [id, { guard }] of await this.#views.getMany(collection, own)) {
        this.#guardsOf(collection).set(id, guard);
      }
    }
  }

  async #learn(mismatches: readonly { readonly collection: string; readonly id: string }[]): Promise<void> {
    for (const { collection, id } of mismatches) {
      const stored = await this.#views.get(collection, id);
      if (stored === undefined) this.#guardsOf(collection).delete(id);
      else this.#guardsOf(collection).set(id, stored.guard);
    }
  }

  #guardsOf(collection: string): LRUCache<string, string> {
    let guards = this.#guards.get(collection);
    if (guards === undefined) {
      guards = new LRUCache({ max: this.#maxGuards });
      this.#guards.set(collection, guards);
    }
    return guards;
  }
}

/** Of one write, with somebody else writing the same documents. */
const attempts = 8;

/**
 * Writes, again as long as somebody else came first.
 * @param onMismatch called before it is tried again, to forget what the other may have known better
 * @throws {GuardMismatchError} if it never came through: to be tried again later
 */
export async function untilWritten(write: () => Promise<void>, onMismatch?: () => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await write();
      return;
    } catch (error) {
      if (!(error instanceof GuardMismatchError) || attempt === attempts) throw error;
      onMismatch?.();
    }
  }
}

export function documentKey(collection: string, id: string): string {
  return `${collection}/${id}`;
}
