import { setTimeout as delay } from 'node:timers/promises';
import type { CollectionDefinition, GuardedReplace, ViewSet } from '@tenure/read-store';

export const servingCollection: CollectionDefinition = { name: 'serving', indexes: [] };

/** Longer than between two beats of a process that lives, and its clock does not matter. */
const watchedMs = 7_000;
/** Processes looked at. */
const mostProcesses = 1_000;

/** Which processes serve which version, by rows that each of them writes anew every few seconds. */
export class ServingProcesses {
  readonly #state: ViewSet;
  readonly #id: string;
  #beat = 0;
  #last: string | null = null;

  /** @param id of this process */
  constructor(state: ViewSet, id: string) {
    this.#state = state;
    this.#id = id;
  }

  async beat(version: string): Promise<void> {
    const guard = String(++this.#beat);
    const row = {
      collection: 'serving',
      id: this.#id,
      document: { _id: this.#id, version },
      guard,
      expected: this.#last,
    };
    try {
      await this.#state.write({ replaces: [row] });
    } catch (error) {
      // It was written without an answer, or removed by somebody who took this process for gone: known to the next.
      this.#last = (await this.#state.get('serving', this.#id))?.guard ?? null;
      throw error;
    }
    this.#last = guard;
  }

  /** Whether a process that lives serves a version. Rows of those that are gone go, too. */
  async isServed(version: string): Promise<boolean> {
    const before = await this.#rows(version);
    if (before.size === 0) return false;
    await delay(watchedMs);
    const after = await this.#rows(version);
    const gone: GuardedReplace[] = [];
    for (const [id, guard] of after) {
      if (before.get(id) !== guard) return true;
      gone.push({ collection: 'serving', id, document: null, guard, expected: guard });
    }
    if (gone.length > 0) await this.#state.write({ replaces: gone });
    return false;
  }

  async #rows(version: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#state.find('serving', { filter: { version }, limit: mostProcesses });
    const ids = rows.map(({ _id }) => _id);
    const found = await this.#state.getMany('serving', ids);
    return new Map([...found].map(([id, { guard }]) => [id, guard]));
  }
}
