import { type Collection, MongoServerError } from 'mongodb';

export interface LeaseDocument {
  readonly _id: typeof LEASE;
  /** Null when it was given back. */
  readonly owner: string | null;
  /** Rises with every sign of life. */
  readonly beat: number;
}

const LEASE = 'lease';
const DUPLICATE = 11_000;

/**
 * Who does the work, of many who could. The owner gives signs of life by a counter; whoever sees the counter stand
 * still, for a time by its own steady clock, takes over. Nobody's time of day matters.
 * It spares double work, and does not exclude it: an owner that was silent may find out late that it is none any more.
 */
export class MongoLease {
  readonly #leases: Collection<LeaseDocument>;
  readonly #silenceMs: number;
  #seen: { readonly owner: string | null; readonly beat: number; readonly since: number } | undefined;

  constructor(leases: Collection<LeaseDocument>, silenceMs: number) {
    this.#leases = leases;
    this.#silenceMs = silenceMs;
  }

  /** Takes it if it is free, keeps it if it is `me` who has it. */
  async hold(me: string): Promise<boolean> {
    const lease = await this.#leases.findOne({ _id: LEASE });
    if (!lease) return this.#insert(me);
    const { owner, beat } = lease;
    if (owner !== me && owner !== null && !this.#isSilent(owner, beat)) return false;
    const { matchedCount } = await this.#leases.updateOne(
      { _id: LEASE, owner, beat },
      { $set: { owner: me, beat: beat + 1 } },
    );
    return matchedCount === 1;
  }

  async release(me: string): Promise<void> {
    await this.#leases.updateOne({ _id: LEASE, owner: me }, { $set: { owner: null }, $inc: { beat: 1 } });
  }

  #isSilent(owner: string, beat: number): boolean {
    const now = performance.now();
    if (this.#seen?.owner !== owner || this.#seen.beat !== beat) this.#seen = { owner, beat, since: now };
    return now - this.#seen.since >= this.#silenceMs;
  }

  async #insert(me: string): Promise<boolean> {
    try {
      await this.#leases.insertOne({ _id: LEASE, owner: me, beat: 1 });
      return true;
    } catch (error) {
      if (error instanceof MongoServerError && error.code === DUPLICATE) return false;
      throw error;
    }
  }
}
