import { type Calendar, CustomerFold, type CustomerState, factsOf, type Policies } from '@tenure/domain';
import type { EventStore } from '@tenure/event-store';
import { LRUCache } from 'lru-cache';
import { readHistory } from './history.ts';
import type { KnownCustomer } from './known-customer.ts';
import type { RecordedEvent } from './recorded-event.ts';

export interface CustomerCacheOptions {
  readonly store: EventStore;
  readonly calendar: Calendar;
  readonly policies: () => Policies;
  /** Facts kept in memory over all customers; about 0.5 KB each. */
  readonly maxFacts: number;
}

/** What a customer without facts costs in the cache, in facts. */
const costPerCustomer = 4;

/**
 * Folds of the customers seen last. Those of others are read from the log again: it has an index by customer. Nothing
 * outlives the assignment of the customers to this process.
 */
export class CustomerCache {
  readonly #options: CustomerCacheOptions;
  readonly #byId: LRUCache<string, KnownCustomer>;
  /** From an id that is not canonical to the one that is. */
  readonly #canonical = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CustomerCacheOptions) {
    this.#options = options;
    this.#byId = new LRUCache({
      maxSize: options.maxFacts,
      sizeCalculation: (customer) => customer.fold.facts.length + costPerCustomer,
      dispose: (customer) => {
        for (const id of customer.ids) this.#canonical.delete(id);
      },
    });
  }

  /** Forgets everybody, as when a policy changed. */
  clear(): void {
    this.#byId.clear();
  }

  /** Folds events of customers, in log order, and returns whom they changed, each with their events. */
  apply(events: readonly RecordedEvent[]): Promise<Map<KnownCustomer, RecordedEvent[]>> {
    return this.#inTurn(() => this.#apply(events));
  }

  /** The customer with this id, as known, else as the log has them now. */
  async load(id: string): Promise<KnownCustomer> {
    return this.#known(id) ?? this.#inTurn(() => this.#load(id));
  }

  /** Readings must not overtake each other: the older one would replace what had been folded on meanwhile. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #apply(events: readonly RecordedEvent[]): Promise<Map<KnownCustomer, RecordedEvent[]>> {
    const perId = new Map<string, RecordedEvent[]>();
    for (const event of events) {
      if (event.customerId === null) continue;
      const own = perId.get(event.customerId);
      if (own === undefined) perId.set(event.customerId, [event]);
      else own.push(event);
    }
    for (const [id, own] of perId) if (own.some(changesIdentity)) this.#forget(id, own);

    const changed = new Map<KnownCustomer, RecordedEvent[]>();
    for (const [id, own] of perId) {
      const customer = await this.#load(id);
      this.#add(customer, id, own);
      const others = changed.get(customer);
      if (others === undefined) changed.set(customer, own);
      else others.push(...own);
    }
    return changed;
  }

  #known(id: string): KnownCustomer | undefined {
    return this.#byId.get(this.#canonical.get(id) ?? id);
  }

  /**
   * Reads all that the log has, not only what the asking reader has been given: another reader may be further, and what
   * it was given already will not come again.
   */
  async #load(id: string): Promise<KnownCustomer> {
    const known = this.#known(id);
    if (known !== undefined) return known;
    const { store, policies, calendar } = this.#options;
    const head = (await store.head()) ?? '';
    const history = await readHistory(store, id, { upTo: head });
    const fold = new CustomerFold(policies(), calendar);
    const ids = history?.ids ?? [id];
    const customer: KnownCustomer = {
      id: history?.canonicalId ?? id,
      ids,
      fold,
      foldedUpTo: new Map(ids.map((own) => [own, head])),
      changedAt: '',
      until: 0,
      profileRevision: -1,
      marks: new Map(),
    };
    if (history !== undefined) {
      fold.add(history.events.flatMap((event) => factsOf(event)));
      for (const event of history.events) note(customer, event);
    }
    this.#keep(customer);
    return customer;
  }

  #add(customer: KnownCustomer, id: string, events: readonly RecordedEvent[]): void {
    const { foldedUpTo } = customer;
    const news = events.filter((event) => event.position > (foldedUpTo.get(id) ?? ''));
    const last = news.at(-1);
    if (last === undefined) return;
    const before = customer.fold.facts.length;
    customer.fold.add(news.flatMap((event) => factsOf(event)));
    for (const event of news) note(customer, event);
    foldedUpTo.set(id, last.position);
    if (customer.fold.facts.length !== before) this.#keep(customer);
  }

  #keep(customer: KnownCustomer): void {
    this.#byId.set(customer.id, customer, { noDisposeOnSet: true });
    for (const id of customer.ids) if (id !== customer.id) this.#canonical.set(id, customer.id);
  }

  #forget(id: string, events: readonly RecordedEvent[]): void {
    const ids = [id, ...events.flatMap((event) => (event.type === 'KeyLinked' ? [event.data.otherCustomerId] : []))];
    for (const other of ids) this.#byId.delete(this.#canonical.get(other) ?? other);
  }
}

/** The customer's state at the instant that their documents show. */
export function shownState(customer: KnownCustomer): CustomerState | undefined {
  return customer.fold.at(Math.max(customer.until, customer.fold.lastFactAt ?? 0));
}

function changesIdentity(event: RecordedEvent): boolean {
  return event.type === 'KeyLinked' || event.type === 'PurchaseClaimed';
}

function note(customer: KnownCustomer, event: RecordedEvent): void {
  if (event.stream === `profile-${customer.id}`) customer.profileRevision = event.revision;
  const until = shownFrom(event);
  if (until > customer.until) customer.until = until;
  else if (isDerivation(event)) return;
  if (event.position > customer.changedAt) customer.changedAt = event.position;
}

/** The instant that an event brings the customer's documents to. */
function shownFrom(event: RecordedEvent): number {
  switch (event.type) {
    case 'AttributesChanged':
      return Math.max(...event.data.changes.map((change) => Date.parse(change.observedAt)));
    case 'KeyLinked':
    case 'PurchaseClaimed':
    case 'FactConflictDetected':
      return 0;
    default:
      return event.occurredAt;
  }
}

function isDerivation(event: RecordedEvent): boolean {
  switch (event.type) {
    case 'StageChanged':
    case 'StageRestated':
    case 'TierChanged':
    case 'LoyaltyRestated':
    case 'PointsEarned':
    case 'PointsTakenBack':
    case 'PointsExpired':
      return true;
    default:
      return false;
  }
}
