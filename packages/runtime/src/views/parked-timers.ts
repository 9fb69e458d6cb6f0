import { createHash } from 'node:crypto';
import type { CollectionDefinition, Document, ViewSet } from '@tenure/read-store';
import { z } from 'zod';
import { OneAtATime } from './one-at-a-time.ts';

export const parkedTimersCollection: CollectionDefinition = { name: 'parked-timers', indexes: [] };

const schema = z.object({
  _id: z.string(),
  timer: z.string(),
  /** Id of the document that fell due. */
  document: z.string(),
  /** ms since 1970 UTC, as `parkedAt`. */
  dueAt: z.number(),
  position: z.string(),
  reason: z.string(),
  parkedAt: z.number(),
  /** It is not to fire at that instant, ever. */
  isDropped: z.boolean(),
});

/** A timer that failed as often as it may for one document, which goes on once the document falls due at another instant. */
export type ParkedTimer = Omit<z.infer<typeof schema>, '_id'> & { readonly id: string };

/** Timers that are set aside for good, as rows that outlive process and version of the views; bounded by who fails. */
export class ParkedTimers {
  readonly #state: ViewSet;
  readonly #turns = new OneAtATime();
  #rows: ReadonlyMap<string, ParkedTimer> = new Map();

  private constructor(state: ViewSet) {
    this.#state = state;
  }

  /** @param state where the rows are kept */
  static async load(state: ViewSet): Promise<ParkedTimers> {
    const parked = new ParkedTimers(state);
    await parked.reload();
    return parked;
  }

  /** Other processes may have parked or released something. */
  reload(): Promise<void> {
    return this.#turns.run(async () => {
      const rows = new Map<string, ParkedTimer>();
      for await (const page of this.#state.stream(parkedTimersCollection.name)) {
        for (const row of page) {
          const { _id: id, ...rest } = schema.parse(row);
          rows.set(id, { id, ...rest });
        }
      }
      this.#rows = rows;
    });
  }

  /** What waits for somebody, in the order in which it was parked. */
  get waiting(): readonly ParkedTimer[] {
    return this.all.filter(({ isDropped }) => !isDropped).sort((left, right) => left.parkedAt - right.parkedAt);
  }

  /** The same with what was dropped. */
  get all(): readonly ParkedTimer[] {
    return [...this.#rows.values()];
  }

  /** Whether a document that is due at an instant is not to be fired. */
  has(timer: string, document: string, dueAt: number): boolean {
    return this.#rows.get(idOf(timer, document))?.dueAt === dueAt;
  }

  park(parked: Omit<ParkedTimer, 'id' | 'isDropped'>): Promise<void> {
    const id = idOf(parked.timer, parked.document);
    return this.#put(id, { id, ...parked, isDropped: false });
  }

  /** It may fire again, and fails as often as before until it is parked again. */
  release(id: string): Promise<void> {
    return this.#put(id, null);
  }

  /** It does not fire for the instant at which it fell due. */
  async drop(parked: ParkedTimer): Promise<void> {
    await this.#put(parked.id, { ...parked, isDropped: true });
  }

  #put(id: string, parked: ParkedTimer | null): Promise<void> {
    return this.#turns.run(async () => {
      const collection = parkedTimersCollection.name;
      const expected = (await this.#state.get(collection, id))?.guard ?? null;
      if (parked !== null || expected !== null) {
        const document = parked === null ? null : documentOf(parked);
        const guard = parked?.position ?? expected ?? '';
        await this.#state.write({ replaces: [{ collection, id, document, guard, expected }] });
      }
      const rows = new Map(this.#rows);
      if (parked === null) rows.delete(id);
      else rows.set(id, parked);
      this.#rows = rows;
    });
  }
}

function documentOf({ id, ...rest }: ParkedTimer): Document {
  return { _id: id, ...rest };
}

/** One row for a document of a timer. */
function idOf(timer: string, document: string): string {
  return createHash('sha256').update(`${timer}\n${document}`).digest('hex').slice(0, 32);
}
