import { createHash } from 'node:crypto';
import { type CollectionDefinition, GuardMismatchError, type ViewSet } from '@tenure/read-store';
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

/**
 * Timers that are set aside for good, as rows that outlive process and version of the views; bounded by who fails. Other
 * processes write them, too: a row is changed by whoever has seen it as it stands, and else nothing happens.
 */
export class ParkedTimers {
  readonly #state: ViewSet;
  readonly #turns = new OneAtATime();
  #rows = new Map<string, ParkedTimer>();

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
    return this.#turns.run(() => this.#read());
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

  async park(parked: Omit<ParkedTimer, 'id' | 'isDropped'>): Promise<void> {
    const id = idOf(parked.timer, parked.document);
    await this.#change(id, this.#rows.get(id), { id, ...parked, isDropped: false });
  }

  /** It may fire again. Returns whether the row was as it is known here. */
  release(parked: ParkedTimer): Promise<boolean> {
    return this.#change(parked.id, parked, undefined);
  }

  /** It does not fire for the instant at which it fell due. Returns whether the row was as it is known here. */
  drop(parked: ParkedTimer): Promise<boolean> {
    return this.#change(parked.id, parked, { ...parked, isDropped: true });
  }

  #change(id: string, before: ParkedTimer | undefined, after: ParkedTimer | undefined): Promise<boolean> {
    return this.#turns.run(async () => {
      const document = after === undefined ? null : { _id: id, ...withoutId(after) };
      const expected = before === undefined ? null : guardOf(before);
      const guard = after === undefined ? '' : guardOf(after);
      try {
        const replace = { collection: parkedTimersCollection.name, id, document, guard, expected };
        await this.#state.write({ replaces: [replace] });
      } catch (error) {
        if (!(error instanceof GuardMismatchError)) throw error;
        await this.#read();
        return false;
      }
      if (after === undefined) this.#rows.delete(id);
      else this.#rows.set(id, after);
      return true;
    });
  }

  async #read(): Promise<void> {
    const rows = new Map<string, ParkedTimer>();
    for await (const page of this.#state.stream(parkedTimersCollection.name)) {
      for (const row of page) {
        const { _id: id, ...rest } = schema.parse(row);
        rows.set(id, { id, ...rest });
      }
    }
    this.#rows = rows;
  }
}

function withoutId({ id: _id, ...rest }: ParkedTimer): Omit<ParkedTimer, 'id'> {
  return rest;
}

/** Names what a row says. */
function guardOf({ dueAt, parkedAt, isDropped, reason, position }: ParkedTimer): string {
  return createHash('sha256')
    .update(JSON.stringify([dueAt, parkedAt, isDropped, reason, position]))
    .digest('hex');
}

/** One row for a document of a timer. */
function idOf(timer: string, document: string): string {
  return createHash('sha256').update(`${timer}\n${document}`).digest('hex').slice(0, 32);
}
