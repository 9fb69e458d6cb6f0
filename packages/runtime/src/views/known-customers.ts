import type { CustomerFold, Fact, Standings, StandingsState } from '@tenure/domain';
import { LRUCache } from 'lru-cache';
import type { KnownCustomer, RecordingMark } from './known-customer.ts';

/** How much is remembered of the customers seen last. */
export interface CustomerMemory {
  /** Facts of the folds that are at hand, over all customers; about 1 KB each. */
  readonly maxFacts: number;
  /** What the others may take as text, in characters; about 0.3 KB a fact. */
  readonly maxTextLength: number;
}

interface KnownCustomersOptions {
  readonly memory: CustomerMemory;
  /** Those who may not are known for as long as somebody works with them. */
  readonly mayKeep: (customer: KnownCustomer) => boolean;
  readonly newFold: () => CustomerFold;
  readonly newStandings: (id: string, state?: StandingsState) => Standings | undefined;
}

/** What a customer without facts costs, in facts. */
const costPerCustomer = 4;

/** A customer at rest: what cannot be folded again from the rest. */
interface Resting {
  readonly facts: readonly Fact[];
  readonly standings?: StandingsState | undefined;
  readonly foldedUpTo: string;
  readonly changedAt: string;
  readonly until: number;
  readonly profileRevision: number;
  readonly marks: readonly (readonly [string, RecordingMark])[];
  readonly notes: readonly (readonly [string, string | number | null])[];
}

interface InUse {
  readonly customer: KnownCustomer;
  users: number;
}

/**
 * The customers seen last. Folds take much memory, and the garbage collector looks at every object of theirs; so only
 * the last of them are kept as such, and those before them as text, from which they are folded again at a fraction of
 * what reading the log costs. Whoever works with a customer says so for as long: else another would be made of the text
 * meanwhile, and what the two come to know would be told to one of them only.
 */
export class KnownCustomers {
  readonly #mayKeep: (customer: KnownCustomer) => boolean;
  readonly #newFold: () => CustomerFold;
  readonly #newStandings: KnownCustomersOptions['newStandings'];
  readonly #atHand: LRUCache<string, KnownCustomer>;
  readonly #resting: LRUCache<string, string>;
  readonly #inUse = new Map<string, InUse>();
  /** Forgotten while somebody worked with them, or was about to: what these know goes no further. */
  readonly #forgotten = new WeakSet<KnownCustomer>();
  /** From an id that is not canonical to the one that is. */
  readonly #canonical = new Map<string, string>();

  constructor({ memory, mayKeep, newFold, newStandings }: KnownCustomersOptions) {
    const { maxFacts, maxTextLength } = memory;
    this.#mayKeep = mayKeep;
    this.#newFold = newFold;
    this.#newStandings = newStandings;
    this.#resting = new LRUCache({ maxSize: maxTextLength, sizeCalculation: ({ length }) => length });
    this.#atHand = new LRUCache({
      maxSize: maxFacts,
      sizeCalculation: (customer) => customer.fold.facts.length + costPerCustomer,
      dispose: (customer, id, reason) => {
        if (this.#inUse.has(id)) return;
        for (const own of customer.ids) this.#canonical.delete(own);
        // Those of several ids are few, and read from the log again, as are those of whom something is still to be written.
        if (reason === 'evict' && customer.ids.length === 1 && isWritten(customer)) {
          this.#resting.set(id, asText(customer));
        }
      },
    });
  }

  /** The customer with this id, canonical or not, if known. */
  get(id: string): KnownCustomer | undefined {
    const canonical = this.#canonical.get(id) ?? id;
    return this.#inUse.get(canonical)?.customer ?? this.#atHand.get(canonical) ?? this.#wake(canonical);
  }

  /** Keeps a customer; to be called again whenever they have changed. Who was forgotten in use stays forgotten. */
  keep(customer: KnownCustomer): void {
    if (this.#forgotten.has(customer)) return;
    // Setting the same value again would leave its size as it was counted first.
    this.#atHand.delete(customer.id);
    if (!this.#mayKeep(customer)) return;
    this.#atHand.set(customer.id, customer);
    this.#resolve(customer);
  }

  /** From here on to its `release` there is no second object of this customer, unless they were forgotten meanwhile. */
  use(customer: KnownCustomer): void {
    if (this.#forgotten.has(customer)) return;
    const inUse = this.#inUse.get(customer.id);
    if (inUse?.customer === customer) inUse.users++;
    else this.#inUse.set(customer.id, { customer, users: 1 });
    this.#resolve(customer);
  }

  /** Takes a `use` back; whoever was forgotten meanwhile stays forgotten. */
  release(customer: KnownCustomer): void {
    const inUse = this.#inUse.get(customer.id);
    if (inUse?.customer !== customer || --inUse.users > 0) return;
    this.#inUse.delete(customer.id);
    if (!this.#mayKeep(customer)) for (const id of customer.ids) this.#canonical.delete(id);
    this.keep(customer);
  }

  #resolve({ id, ids }: KnownCustomer): void {
    for (const own of ids) if (own !== id) this.#canonical.set(own, id);
  }

  /** Forgets the customer with this id, canonical or not. */
  forget(id: string): void {
    const canonical = this.#canonical.get(id) ?? id;
    const inUse = this.#inUse.get(canonical)?.customer;
    const atHand = this.#atHand.peek(canonical);
    if (atHand !== undefined) this.#forgotten.add(atHand);
    if (inUse !== undefined) {
      this.#forgotten.add(inUse);
      for (const own of inUse.ids) this.#canonical.delete(own);
    }
    this.#inUse.delete(canonical);
    this.#atHand.delete(canonical);
    this.#resting.delete(canonical);
  }

  /** Forgets everybody. */
  clear(): void {
    for (const { customer } of this.#inUse.values()) this.#forgotten.add(customer);
    for (const customer of this.#atHand.values()) this.#forgotten.add(customer);
    this.#inUse.clear();
    this.#canonical.clear();
    this.#atHand.clear();
    this.#resting.clear();
  }

  #wake(id: string): KnownCustomer | undefined {
    const text = this.#resting.get(id);
    if (text === undefined) return undefined;
    this.#resting.delete(id);
    const { facts, standings, foldedUpTo, changedAt, until, profileRevision, marks, notes } = JSON.parse(
      text,
    ) as Resting;
    const fold = this.#newFold();
    fold.add(facts);
    const customer: KnownCustomer = {
      id,
      ids: [id],
      fold,
      standings: this.#newStandings(id, standings),
      isRetold: false,
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

/** Whether the views have been given all that was told of their standings. */
function isWritten({ isRetold, standings }: KnownCustomer): boolean {
  return !isRetold && standings?.isTaken !== false;
}

function asText({
  id,
  fold,
  standings,
  foldedUpTo,
  changedAt,
  until,
  profileRevision,
  marks,
  notes,
}: KnownCustomer): string {
  return JSON.stringify({
    facts: [...fold.keys, ...fold.facts],
    standings: standings?.state,
    foldedUpTo: foldedUpTo.get(id) ?? '',
    changedAt,
    until,
    profileRevision,
    marks: [...marks],
    notes: [...notes],
  } satisfies Resting);
}
