import type { CustomerFold, Fact } from '@tenure/domain';
import { LRUCache } from 'lru-cache';
import type { KnownCustomer, RecordingMark } from './known-customer.ts';

/** How much is remembered of the customers seen last. */
export interface CustomerMemory {
  /** Facts of the folds that are at hand, over all customers; about 1 KB each. */
  readonly maxFacts: number;
  /** What the others may take as text, in characters; about 0.3 KB a fact. */
  readonly maxTextLength: number;
}

/** What a customer without facts costs, in facts. */
const costPerCustomer = 4;

/** A customer at rest: what cannot be folded again from the rest. */
interface Resting {
  readonly facts: readonly Fact[];
  readonly foldedUpTo: string;
  readonly changedAt: string;
  readonly until: number;
  readonly profileRevision: number;
  readonly marks: readonly (readonly [string, RecordingMark])[];
  readonly notes: readonly (readonly [string, string | number | null])[];
}

/**
 * The customers seen last. Folds take much memory, and the garbage collector looks at every object of theirs; so only
 * those in use are kept as such, and those before them as text, from which they are folded again at a fraction of what
 * reading the log costs.
 */
export class KnownCustomers {
  readonly #newFold: () => CustomerFold;
  readonly #atHand: LRUCache<string, KnownCustomer>;
  readonly #resting: LRUCache<string, string>;
  /** From an id that is not canonical to the one that is. */
  readonly #canonical = new Map<string, string>();

  constructor({ maxFacts, maxTextLength }: CustomerMemory, newFold: () => CustomerFold) {
    this.#newFold = newFold;
    this.#resting = new LRUCache({ maxSize: maxTextLength, sizeCalculation: ({ length }) => length });
    this.#atHand = new LRUCache({
      maxSize: maxFacts,
      sizeCalculation: (customer) => customer.fold.facts.length + costPerCustomer,
      dispose: (customer, id, reason) => {
        for (const own of customer.ids) this.#canonical.delete(own);
        // Those of several ids are few, and read from the log again.
        if (reason === 'evict' && customer.ids.length === 1) this.#resting.set(id, asText(customer));
      },
    });
  }

  /** The customer with this id, canonical or not, if known. */
  get(id: string): KnownCustomer | undefined {
    const canonical = this.#canonical.get(id) ?? id;
    return this.#atHand.get(canonical) ?? this.#wake(canonical);
  }

  /** Keeps a customer; to be called again whenever they have changed: they may be at rest by then. */
  keep(customer: KnownCustomer): void {
    // Setting the same value again would leave its size as it was counted first.
    this.#atHand.delete(customer.id);
    this.#atHand.set(customer.id, customer);
    for (const id of customer.ids) if (id !== customer.id) this.#canonical.set(id, customer.id);
  }

  /** Forgets the customer with this id, canonical or not. */
  forget(id: string): void {
    const canonical = this.#canonical.get(id) ?? id;
    this.#atHand.delete(canonical);
    this.#resting.delete(canonical);
  }

  /** Forgets everybody. */
  clear(): void {
    this.#atHand.clear();
    this.#resting.clear();
  }

  #wake(id: string): KnownCustomer | undefined {
    const text = this.#resting.get(id);
    if (text === undefined) return undefined;
    this.#resting.delete(id);
    const { facts, foldedUpTo, changedAt, until, profileRevision, marks, notes } = JSON.parse(text) as Resting;
    const fold = this.#newFold();
    fold.add(facts);
    const customer: KnownCustomer = {
      id,
      ids: [id],
      fold,
      foldedUpTo: new Map([[id, foldedUpTo]]),
      changedAt,
      until,
      profileRevision,
      marks: new Map(marks),
      notes: new Map(notes),
    };
    this.keep(customer);
    return customer;
  }
}

function asText({ id, fold, foldedUpTo, changedAt, until, profileRevision, marks, notes }: KnownCustomer): string {
  return JSON.stringify({
    facts: [...fold.keys, ...fold.facts],
    foldedUpTo: foldedUpTo.get(id) ?? '',
    changedAt,
    until,
    profileRevision,
    marks: [...marks],
    notes: [...notes],
  } satisfies Resting);
}
