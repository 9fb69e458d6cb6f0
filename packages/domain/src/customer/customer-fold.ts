import type { Stage } from '@tenure/contracts';
import { nextBoundary, passTime, type StageTransition } from '../lifecycle/lifecycle.ts';
import type { LoyaltyAccount } from '../loyalty/account.ts';
import { inForce, type Policies } from '../policies/schedule.ts';
import { type SatisfactionBand, satisfactionBand, satisfactionScore } from '../satisfaction/satisfaction.ts';
import type { Calendar } from '../time/calendar.ts';
import type { ContactPoint } from './fact.ts';
import { compareFacts, type Fact, type FactOf } from './fact.ts';
import { OrderBook } from './order-book.ts';
import { type AttributeState, ProfileFacets } from './profile-facets.ts';

/** How a publisher knows the customer; null once erased. */
export interface CustomerKey {
  readonly source: string;
  readonly key: string | null;
}

/** Everything that is derived about one customer, at one instant. Instants in ms, money in minor units. */
export interface CustomerState {
  readonly until: number;
  /** The earliest fact. */
  readonly customerSince: number;
  readonly kind: 'person' | 'organisation' | null;
  readonly class: 'potential' | 'existing' | 'key';
  readonly keys: readonly CustomerKey[];
  readonly attributes: ReadonlyMap<string, AttributeState>;
  readonly contactPoints: ReadonlyMap<string, ContactPoint>;
  readonly spend: ReadonlyMap<string, number>;
  readonly frequency: number;
  readonly purchaseDays: number;
  readonly lastPurchaseAt: number | null;
  readonly stage: Stage;
  readonly stageSince: number;
  readonly transitions: readonly StageTransition[];
  readonly account: LoyaltyAccount;
  readonly satisfaction: number | null;
  readonly satisfactionBand: SatisfactionBand | null;
  readonly openComplaints: number;
  readonly openFollowUps: number;
  readonly contacts: number;
  readonly lastContactAt: number | null;
  /** When time alone moves the stage next. */
  readonly nextStageChangeAt: number | null;
  /** When time alone changes points or tier next. */
  readonly nextLoyaltyChangeAt: number | null;
  /** When the next planned visit is missed if nobody makes it. */
  readonly nextFollowUpDueAt: number | null;
}

let generations = 0;

/**
 * One customer's facts, folded in content order. Facts may come in any order and more than once: what comes at the end
 * is folded on, what comes late makes it fold again. Nothing of it depends on arrival.
 */
export class CustomerFold {
  readonly #policies: Policies;
  readonly #calendar: Calendar;
  #facts: Fact[] = [];
  readonly #keys = new Map<string, CustomerKey>();
  #orders: OrderBook;
  #profile = new ProfileFacets();
  /** Refunds dated before their purchase, by the purchase's key; they take effect with it. */
  #early = new Map<string, FactOf<'refund'>[]>();
  #generation = ++generations;

  constructor(policies: Policies, calendar: Calendar) {
    this.#policies = policies;
    this.#calendar = calendar;
    this.#orders = new OrderBook(policies, calendar);
  }

  /** Changes whenever what had been folded was folded again: what was derived before may differ. */
  get generation(): number {
    return this.#generation;
  }

  /** In content order. */
  get facts(): readonly Fact[] {
    return this.#facts;
  }

  get lastFactAt(): number | undefined {
    return this.#facts.at(-1)?.at;
  }

  /** Adds facts in any order; those that are here already change nothing. Returns how many were new. */
  add(facts: readonly Fact[]): number {
    const dated = facts.filter((fact) => fact.kind !== 'key');
    if (dated.length < facts.length) this.#addKeys(facts);
    const sorted = dated.length > 1 ? dated.sort(compareFacts) : dated;
    const first = sorted[0];
    if (first === undefined) return 0;
    const last = this.#facts.at(-1);
    const before = this.#facts.length;
    if (last === undefined || compareFacts(last, first) < 0) {
      const start = this.#facts.length;
      appendDistinct(this.#facts, sorted);
      if (this.#needsRefold(start)) this.#refold();
      else this.#foldFrom(start);
      return this.#facts.length - before;
    }
    const merged = mergeDistinct(this.#facts, sorted);
    if (merged.length === this.#facts.length) return 0;
    this.#facts = merged;
    this.#refold();
    return merged.length - before;
  }

  /**
   * The customer at an instant, which must not be before the last fact (fold only the facts up to it). Undefined without
   * any fact.
   */
  at(until: number): CustomerState | undefined {
    const first = this.#facts[0];
    if (first === undefined) return undefined;
    const orders = this.#orders;
    const added: StageTransition[] = [];
    const lifecycle = passTime(orders.lifecycle, until, this.#policies.lifecycle, (step) => added.push(step));
    let account = orders.account;
    if ((account.nextChangeAt ?? Number.POSITIVE_INFINITY) <= until) {
      account = account.clone();
      account.passTime(until);
    }
    const policy = inForce(this.#policies.satisfaction, until);
    const items = this.#profile.satisfactionItems;
    const score = policy === undefined || items.length === 0 ? null : satisfactionScore(items, policy);
    return {
      until,
      customerSince: first.at,
      kind: this.#profile.kind,
      class: this.#profile.isKeyAccount ? 'key' : orders.frequency > 0 ? 'existing' : 'potential',
      keys: [...this.#keys.values()],
      attributes: this.#profile.attributes,
      contactPoints: this.#profile.contactPoints,
      spend: orders.spend,
      frequency: orders.frequency,
      purchaseDays: lifecycle.purchaseDays,
      lastPurchaseAt: lifecycle.lastOrderAt,
      stage: lifecycle.stage,
      stageSince: lifecycle.since ?? first.at,
      transitions: added.length === 0 ? orders.transitions : [...orders.transitions, ...added],
      account,
      satisfaction: score,
      satisfactionBand: policy === undefined ? null : satisfactionBand(score, policy),
      openComplaints: this.#profile.openComplaints.size,
      openFollowUps: this.#profile.openFollowUps(until),
      contacts: this.#profile.contacts,
      lastContactAt: this.#profile.lastContactAt,
      nextStageChangeAt: nextBoundary(lifecycle, this.#policies.lifecycle)?.at ?? null,
      nextLoyaltyChangeAt: account.nextChangeAt ?? null,
      nextFollowUpDueAt: this.#profile.nextFollowUpDueAt(until),
    };
  }

  #addKeys(facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (fact.kind === 'key') this.#keys.set(fact.id, { source: fact.source, key: fact.key });
    }
  }

  /** A purchase that a refund before it named was not there when that refund was folded. */
  #needsRefold(start: number): boolean {
    for (let index = start; index < this.#facts.length; index++) {
      const fact = this.#facts[index];
      if (fact?.kind === 'purchase' && this.#orders.wasMissed(fact)) return true;
      if (fact?.kind === 'refund' && fact.originalOrderId !== undefined && this.#facts.length > start + 1) return true;
    }
    return false;
  }

  #refold(): void {
    this.#generation = ++generations;
    this.#orders = new OrderBook(this.#policies, this.#calendar);
    this.#profile = new ProfileFacets();
    this.#early = new Map();
    for (const fact of this.#facts) {
      if (fact.kind === 'refund' && fact.originalOrderId !== undefined) {
        this.#early.set(`${fact.source}\n${fact.originalOrderId}`, []);
      }
    }
    if (this.#early.size > 0) this.#keepOnlyPresent();
    this.#foldFrom(0);
  }

  #keepOnlyPresent(): void {
    const named = this.#early;
    this.#early = new Map();
    for (const fact of this.#facts) {
      if (fact.kind !== 'purchase') continue;
      const key = `${fact.source}\n${fact.id}`;
      if (named.has(key)) this.#early.set(key, []);
    }
  }

  #foldFrom(start: number): void {
    for (let index = start; index < this.#facts.length; index++) {
      const fact = this.#facts[index];
      if (fact === undefined) break;
      if (fact.kind === 'purchase') this.#foldPurchase(fact);
      else if (fact.kind === 'refund') this.#foldRefund(fact);
      else if (fact.kind !== 'key') this.#profile.add(fact);
    }
  }

  #foldPurchase(purchase: FactOf<'purchase'>): void {
    this.#orders.addPurchase(purchase);
    for (const refund of this.#early.get(`${purchase.source}\n${purchase.id}`) ?? []) {
      this.#orders.addRefund(refund, purchase.at);
    }
  }

  #foldRefund(refund: FactOf<'refund'>): void {
    const { source, originalOrderId } = refund;
    const waiting = originalOrderId === undefined ? undefined : this.#early.get(`${source}\n${originalOrderId}`);
    if (waiting === undefined || originalOrderId === undefined || this.#orders.has(source, originalOrderId)) {
      this.#orders.addRefund(refund, refund.at);
    } else waiting.push(refund);
  }
}

function appendDistinct(facts: Fact[], sorted: readonly Fact[]): void {
  for (const fact of sorted) {
    const last = facts.at(-1);
    if (last === undefined || compareFacts(last, fact) < 0) facts.push(fact);
  }
}

function mergeDistinct(facts: readonly Fact[], added: readonly Fact[]): Fact[] {
  const merged: Fact[] = [];
  let next = 0;
  for (const fact of facts) {
    for (;;) {
      const candidate = added[next];
      if (candidate === undefined || compareFacts(candidate, fact) > 0) break;
      next++;
      if (compareFacts(candidate, fact) < 0) appendDistinct(merged, [candidate]);
    }
    merged.push(fact);
  }
  appendDistinct(merged, added.slice(next));
  return merged;
}
