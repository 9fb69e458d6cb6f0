import { type Calendar, CustomerFold, type CustomerState, factsOf, type Policies, Standings } from '@tenure/domain';
import type { EventStore, Position } from '@tenure/event-store';
import { type CustomerHistory, readHistory } from './history.ts';
import { type KnownCustomer, noteEvent } from './known-customer.ts';
import { type CustomerMemory, KnownCustomers } from './known-customers.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { PolicyMoment } from './policy-moments.ts';
import { poisonOrPassing, type RecordedEvent } from './recorded-event.ts';
import { type Replayed, replayStandings } from './replay-standings.ts';

export interface CustomerCacheOptions {
  readonly store: EventStore;
  readonly calendar: Calendar;
  readonly policies: () => Policies;
  /** How policies became known, if what stood at each moment of knowledge is to be told. */
  readonly policyMoments?: readonly PolicyMoment[];
  readonly memory: CustomerMemory;
  /** Whether all events of a customer with this id come here; what is remembered of others would go stale. */
  readonly follows: (id: string) => boolean;
  /** Of all readers' checkpoints in a partition the furthest: what lies before it will not be given to all of them. */
  readonly givenUpTo: (partition: number) => Promise<Position>;
}

/**
 * Folds of the customers seen last. Those of others are read from the log again: it has an index by customer. Nothing
 * outlives the assignment of the customers to this process.
 */
export class CustomerCache {
  readonly #options: CustomerCacheOptions;
  readonly #known: KnownCustomers;
  /** Readings must not overtake each other: the older one would replace what had been folded on meanwhile. */
  readonly #turns = new OneAtATime();
  /** The last event of each partition that any reader was given. */
  readonly #givenUpTo = new Map<number, Position>();
  /** Partitions in which nobody else has been given more. */
  readonly #assigned = new Set<number>();
  /** Policies that the views have known from their beginning. */
  readonly #firstMoments: number;

  constructor(options: CustomerCacheOptions) {
    this.#options = options;
    this.#known = new KnownCustomers({
      memory: options.memory,
      mayKeep: (customer) => this.keeps(customer),
      newFold: () => this.#newFold(),
      newStandings: (id, state) => (options.policyMoments === undefined ? undefined : new Standings(id, state)),
    });
    this.#firstMoments = options.policyMoments?.length ?? 0;
  }

  /** Forgets everybody, as when a policy changed. */
  clear(): void {
    this.#known.clear();
  }

  /** The same when other partitions come here than before: in those others have been given more meanwhile. */
  reassigned(): void {
    this.clear();
    this.#assigned.clear();
  }

  /** When the last policy became known, ms; 0 where nobody keeps account of it. */
  get policiesAt(): number {
    return this.#options.policyMoments?.at(-1)?.recordedAt ?? 0;
  }

  /** From which moment of knowledge on documents may have to be written again, for a policy that came since; in ms. */
  get restatedFrom(): number {
    return this.#options.policyMoments?.[this.#firstMoments]?.recordedAt ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Tells anew what stood for a customer of several ids: their events come in each id's order, but what became known when
   * is a matter of all of them.
   */
  async retell(customer: KnownCustomer): Promise<void> {
    if (customer.standings === undefined) return;
    const { store } = this.#options;
    const history = await readHistory(store, customer.id, { upTo: (await store.head()) ?? '' });
    if (history === undefined) return;
    customer.standings = this.#replay(history)?.standings;
    customer.isRetold = true;
  }

  /** Whether all events of the customer come here, so that what is known of them stays right. */
  keeps({ ids }: KnownCustomer): boolean {
    return ids.every(this.#options.follows);
  }

  /** Forgets the customer with this id: the log may have more. */
  forget(id: string): void {
    this.#known.forget(id);
  }

  /**
   * Folds events of customers, in log order: those whom they changed, each with their events, in use until disposed of.
   * All are of one partition.
   */
  async apply(events: readonly RecordedEvent[], partition: number): Promise<CustomersInUse> {
    const customers = new CustomersInUse(this.#known);
    try {
      await this.#turns.run(() => this.#apply(events, partition, customers));
    } catch (error) {
      customers[Symbol.dispose]();
      throw error;
    }
    return customers;
  }

  /** The customers with these ids, as known, else as the log has them now; in use until disposed of. */
  async use(ids: Iterable<string>): Promise<CustomersInUse> {
    const customers = new CustomersInUse(this.#known);
    try {
      for (const id of ids) {
        const known = this.#known.get(id);
        if (known !== undefined) customers.add(known);
        else await this.#turns.run(async () => customers.add(await this.#load(id)));
      }
    } catch (error) {
      customers[Symbol.dispose]();
      throw error;
    }
    return customers;
  }

  async #apply(events: readonly RecordedEvent[], partition: number, changed: CustomersInUse): Promise<void> {
    const perId = new Map<string, RecordedEvent[]>();
    for (const event of events) {
      if (event.customerId === null) continue;
      const own = perId.get(event.customerId);
      if (own === undefined) perId.set(event.customerId, [event]);
      else own.push(event);
    }
    for (const [id, own] of perId) if (own.some(changesIdentity)) this.#forget(id, own);

    const givenBefore = await this.#givenIn(partition);
    const last = events.at(-1)?.position ?? '';
    if (last > givenBefore) this.#givenUpTo.set(partition, last);
    for (const [id, own] of perId) {
      const customer = this.#isNew(own, givenBefore) ? this.#begin(id) : await this.#loadFor(own, id);
      changed.add(customer, own);
    }
    for (const [customer, own] of changed) {
      try {
        this.#add(customer, own);
      } catch (error) {
        throw this.#failed(customer, own, error);
      }
    }
  }

  /** Whether there is nothing to read of a customer, and no policy to unlearn that came after these events. */
  #isNew(events: readonly RecordedEvent[], givenBefore: Position): boolean {
    const [first] = events;
    return (
      first?.type === 'CustomerRegistered' &&
      first.position > givenBefore &&
      first.recordedAt >= this.policiesAt &&
      !events.some(changesIdentity)
    );
  }

  async #givenIn(partition: number): Promise<Position> {
    const given = this.#givenUpTo.get(partition) ?? '';
    if (this.#assigned.has(partition)) return given;
    const stored = await this.#options.givenUpTo(partition);
    this.#assigned.add(partition);
    if (stored <= given) return given;
    this.#givenUpTo.set(partition, stored);
    return stored;
  }

  async #loadFor(events: readonly RecordedEvent[], id: string): Promise<KnownCustomer> {
    const [first] = events;
    try {
      return await this.#load(id);
    } catch (error) {
      throw first === undefined ? error : poisonOrPassing(first, error);
    }
  }

  /** What cannot be folded is no more known than before: the customer is forgotten, and parked from here on. */
  #failed(customer: KnownCustomer, events: readonly RecordedEvent[], error: unknown): unknown {
    this.#known.forget(customer.id);
    const [first] = events;
    return first === undefined ? error : poisonOrPassing(first, error);
  }

  /** A customer whose history begins with what no reader was given before: there is nothing to read. */
  #begin(id: string): KnownCustomer {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const customer = this.#customer([id], '');
    this.#known.keep(customer);
    return customer;
  }

  /**
   * Reads all that the log has, not only what the asking reader has been given: another reader may be further, and what
   * it was given already will not come again.
   */
  async #load(id: string): Promise<KnownCustomer> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const { store } = this.#options;
    const head = (await store.head()) ?? '';
    const history = await readHistory(store, id, { upTo: head });
    const replayed = history === undefined ? undefined : this.#replay(history);
    const customer = this.#customer(history?.ids ?? [id], head, replayed);
    if (history !== undefined) {
      if (customer.fold !== replayed?.fold) customer.fold.add(history.events.flatMap((event) => factsOf(event)));
      for (const event of history.events) noteEvent(customer, event);
    }
    this.#known.keep(customer);
    return customer;
  }

  /** @param ids the canonical first */
  #customer(ids: readonly string[], foldedUpTo: Position, replayed?: Replayed): KnownCustomer {
    const [id = ''] = ids;
    return {
      id,
      ids,
      // Those of several ids were folded apart until they were linked, their keys not in the order of the log.
      fold: (ids.length === 1 ? replayed?.fold : undefined) ?? this.#newFold(),
      isRetold: replayed !== undefined,
      standings: replayed?.standings ?? (this.#options.policyMoments === undefined ? undefined : new Standings(id)),
      foldedUpTo: new Map(ids.map((own) => [own, foldedUpTo])),
      changedAt: '',
      until: 0,
      profileRevision: -1,
      marks: new Map(),
      notes: new Map(),
    };
  }

  /** @param events in log order */
  #add(customer: KnownCustomer, events: readonly RecordedEvent[]): void {
    const { foldedUpTo } = customer;
    const news = events.filter((event) => event.position > (foldedUpTo.get(event.customerId ?? '') ?? ''));
    if (news.length === 0) return;
    if (customer.standings === undefined || customer.ids.length > 1) {
      customer.fold.add(news.flatMap((event) => factsOf(event)));
      for (const event of news) noteEvent(customer, event);
    } else {
      for (const learned of Map.groupBy(news, ({ recordedAt }) => recordedAt).values()) learn(customer, learned);
    }
    for (const event of news) foldedUpTo.set(event.customerId ?? '', event.position);
    this.#known.keep(customer);
  }

  #replay(history: CustomerHistory): Replayed | undefined {
    const { policyMoments, calendar } = this.#options;
    return policyMoments === undefined ? undefined : replayStandings(history, policyMoments, calendar);
  }

  #forget(id: string, events: readonly RecordedEvent[]): void {
    const ids = [id, ...events.flatMap((event) => (event.type === 'KeyLinked' ? [event.data.otherCustomerId] : []))];
    for (const other of ids) this.#known.forget(other);
  }

  #newFold(): CustomerFold {
    return new CustomerFold(this.#options.policies(), this.#options.calendar);
  }
}

/** Customers that somebody works with, each with events of theirs in log order. Until disposed of each is one object. */
class CustomersInUse implements Disposable {
  readonly #known: KnownCustomers;
  readonly #customers = new Map<KnownCustomer, readonly RecordedEvent[]>();

  constructor(known: KnownCustomers) {
    this.#known = known;
  }

  add(customer: KnownCustomer, events: readonly RecordedEvent[] = []): void {
    const others = this.#customers.get(customer);
    if (others === undefined) this.#known.use(customer);
    const all = others === undefined ? events : [...others, ...events].sort(byPosition);
    this.#customers.set(customer, all);
  }

  [Symbol.iterator](): MapIterator<[KnownCustomer, readonly RecordedEvent[]]> {
    return this.#customers.entries();
  }

  [Symbol.dispose](): void {
    for (const customer of this.#customers.keys()) this.#known.release(customer);
  }
}

/** The customer's state at the instant that their documents show. */
export function shownState(customer: KnownCustomer): CustomerState | undefined {
  return customer.fold.at(Math.max(customer.until, customer.fold.lastFactAt ?? 0));
}

function changesIdentity(event: RecordedEvent): boolean {
  return event.type === 'KeyLinked' || event.type === 'PurchaseClaimed';
}

/** Folds what became known at one moment, and tells what stood before and stands since. */
export function learn(customer: KnownCustomer, events: readonly RecordedEvent[]): void {
  const { fold, standings } = customer;
  const recordedAt = events[0]?.recordedAt ?? 0;
  const facts = events.flatMap((event) => factsOf(event));
  const dated = facts.filter(({ kind }) => kind !== 'key');
  if (dated.length > 0) standings?.settle(fold, recordedAt, recordedAt);
  fold.add(facts);
  if (dated.length > 0) standings?.learn({ recordedAt, facts: dated }, () => fold);
  for (const event of events) {
    const before = customer.until;
    noteEvent(customer, event);
    if (customer.until > before) standings?.settle(fold, customer.until, recordedAt);
  }
}

function byPosition(left: RecordedEvent, right: RecordedEvent): number {
  return left.position < right.position ? -1 : 1;
}
