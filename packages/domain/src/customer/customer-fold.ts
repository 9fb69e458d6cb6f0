import type { Stage } from '@tenure/contracts';
import { nextBoundary, passTime } from '../lifecycle/lifecycle.ts';
import type { StageTransition } from '../lifecycle/lifecycle-state.ts';
import { type ModelStage, modelStage } from '../lifecycle/model.ts';
import type { LoyaltyAccount } from '../loyalty/account.ts';
import { noTier } from '../loyalty/programme.ts';
import { inForce, type Policies } from '../policies/schedule.ts';
import { type BandStep, bandSteps } from '../satisfaction/bands.ts';
import { type SatisfactionBand, satisfactionBand, satisfactionScore } from '../satisfaction/satisfaction.ts';
import type { Calendar } from '../time/calendar.ts';
import type { DecisionObserver } from '../why/decisions.ts';
import type { ContactPoint } from './fact.ts';
import { compareFacts, type Fact, type FactOf } from './fact.ts';
import { OrderBook } from './order-book.ts';
import { type AttributeState, type HeardItem, ProfileFacets } from './profile-facets.ts';

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
  /** Where they stand in the model beside it; null while none is in force. */
  readonly model: ModelStage | null;
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

/** What a customer became, in order of time; a step may come to where the customer was already. */
export interface StandingSteps {
  readonly stage: readonly { readonly to: Stage; readonly at: number }[];
  /** null: none. */
  readonly tier: readonly { readonly to: string | null; readonly at: number }[];
  readonly satisfaction: readonly BandStep[];
}

/** Of customers without any other fact. */
const onlyBought = new ProfileFacets();

/**
 * One customer's facts, folded in content order. Facts may come in any order and more than once: what comes at the end
 * is folded on, what comes late makes it fold again. Nothing of it depends on arrival.
 */
export class CustomerFold {
  readonly #policies: Policies;
  readonly #calendar: Calendar;
  readonly #observer: DecisionObserver | undefined;
  #facts: Fact[] = [];
  /** One for each id of the customer. */
  readonly #keys: (CustomerKey & { readonly stream: string })[] = [];
  #orders: OrderBook;
  /** Most customers only buy: made with the first fact of another kind. */
  #profile: ProfileFacets | undefined;
  /** Refunds dated before their purchase, by the purchase's key; they take effect with it. */
  #early: Map<string, FactOf<'refund'>[]> | undefined;
  #hasEarlyRefunds = false;

  /** @param observer is told of every decision; for explanations */
  constructor(policies: Policies, calendar: Calendar, observer?: DecisionObserver) {
    this.#policies = policies;
    this.#calendar = calendar;
    this.#observer = observer;
    this.#orders = new OrderBook(policies, calendar, observer);
  }

  /** Who they are to their publishers; not among the facts. */
  get keys(): readonly FactOf<'key'>[] {
    return this.#keys.map(({ source, key, stream }) => ({ kind: 'key', at: 0, source, id: stream, key }));
  }

  /** In content order. */
  get facts(): readonly Fact[] {
    return this.#facts;
  }

  get lastFactAt(): number | undefined {
    return this.#facts.at(-1)?.at;
  }

  /**
   * Whether a refund took effect with a purchase after it. As of an instant between the two it is unmatched, so points and
   * tier were others then than this fold went through.
   */
  get hasEarlyRefunds(): boolean {
    return this.#hasEarlyRefunds;
  }

  /** When time alone moves stage or tier next, or looks at the tier again. */
  get nextStandingChangeAt(): number | undefined {
    const stageAt = nextBoundary(this.#orders.lifecycle, this.#policies.lifecycle)?.at;
    const tierAt = this.#orders.account.reviewAt;
    if (stageAt === undefined || tierAt === undefined) return stageAt ?? tierAt;
    return Math.min(stageAt, tierAt);
  }

  /**
   * The steps from an instant on (inclusive). Of stage and tier those up to another instant (inclusive), which must not be
   * before the last fact, as if every timer had fired; of bands, where they are asked for, all that are known of.
   */
  standingSteps(from: number, until: number, withBands: boolean): StandingSteps {
    const { transitions, lifecycle, account } = this.#orders;
    const passed: StageTransition[] = [];
    passTime(lifecycle, until, this.#policies.lifecycle, (step) => passed.push(step));
    const reviewed = (account.reviewAt ?? Number.POSITIVE_INFINITY) <= until ? account.clone() : account;
    if (reviewed !== account) reviewed.passTime(until);
    return {
      stage: [...stepsFrom(transitions, from), ...passed.filter(({ at }) => at >= from)],
      tier: stepsFrom(reviewed.tierSteps, from).map(({ to, at }) => ({ to: to === noTier ? null : to, at })),
      satisfaction: withBands ? bandSteps(this.#facts, this.#policies.satisfaction, from) : [],
    };
  }

  /** What says how satisfied they are, by time. */
  get satisfactionItems(): readonly HeardItem[] {
    return (this.#profile ?? onlyBought).satisfactionItems;
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
    const lifecycle = passTime(orders.lifecycle, until, this.#policies.lifecycle, (step, state, policy) => {
      added.push(step);
      this.#observer?.stage(step, state, policy);
    });
    let account = orders.account;
    if ((account.nextChangeAt ?? Number.POSITIVE_INFINITY) <= until) {
      account = account.clone();
      account.passTime(until);
    }
    const models = this.#policies['lifecycle-model'];
    const model = models.length === 0 ? undefined : modelStage(orders.countedOrders(), models, until);
    const policy = inForce(this.#policies.satisfaction, until);
    const profile = this.#profile ?? onlyBought;
    const items = profile.satisfactionItems;
    const score = policy === undefined || items.length === 0 ? null : satisfactionScore(items, policy);
    return {
      until,
      customerSince: first.at,
      kind: profile.kind,
      class: profile.isKeyAccount ? 'key' : orders.frequency > 0 ? 'existing' : 'potential',
      keys: this.#keys.map(({ source, key }) => ({ source, key })),
      attributes: profile.attributes,
      contactPoints: profile.contactPoints,
      spend: orders.spend,
      frequency: orders.frequency,
      purchaseDays: lifecycle.purchaseDays,
      lastPurchaseAt: lifecycle.lastOrderAt,
      stage: lifecycle.stage,
      stageSince: lifecycle.since ?? first.at,
      transitions: added.length === 0 ? orders.transitions : [...orders.transitions, ...added],
      model: model ?? null,
      account,
      satisfaction: score,
      satisfactionBand: policy === undefined ? null : satisfactionBand(score, policy),
      openComplaints: profile.openComplaints.size,
      openFollowUps: profile.openFollowUps(until),
      contacts: profile.contacts,
      lastContactAt: profile.lastContactAt,
      nextStageChangeAt: nextBoundary(lifecycle, this.#policies.lifecycle)?.at ?? null,
      nextLoyaltyChangeAt: account.nextChangeAt ?? null,
      nextFollowUpDueAt: profile.nextFollowUpDueAt(until),
    };
  }

  #addKeys(facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (fact.kind !== 'key' || this.#keys.some(({ stream }) => stream === fact.id)) continue;
      this.#keys.push({ source: fact.source, key: fact.key, stream: fact.id });
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
    this.#observer?.restart();
    this.#orders = new OrderBook(this.#policies, this.#calendar, this.#observer);
    this.#profile = undefined;
    this.#hasEarlyRefunds = false;
    this.#early = this.#namedAndPresent();
    this.#foldFrom(0);
  }

  /** Purchases that refunds name and that are there; undefined if no refund names one. */
  #namedAndPresent(): Map<string, FactOf<'refund'>[]> | undefined {
    const named = new Set<string>();
    for (const fact of this.#facts) {
      if (fact.kind !== 'refund' || fact.originalOrderId === undefined) continue;
      named.add(`${fact.source}\n${fact.originalOrderId}`);
    }
    if (named.size === 0) return undefined;
    const present = new Map<string, FactOf<'refund'>[]>();
    for (const fact of this.#facts) {
      if (fact.kind !== 'purchase') continue;
      const key = `${fact.source}\n${fact.id}`;
      if (named.has(key)) present.set(key, []);
    }
    return present;
  }

  #foldFrom(start: number): void {
    for (let index = start; index < this.#facts.length; index++) {
      const fact = this.#facts[index];
      if (fact === undefined) break;
      if (fact.kind === 'purchase') this.#foldPurchase(fact);
      else if (fact.kind === 'refund') this.#foldRefund(fact);
      else if (fact.kind !== 'key') {
        this.#profile ??= new ProfileFacets();
        this.#profile.add(fact);
      }
    }
  }

  #foldPurchase(purchase: FactOf<'purchase'>): void {
    this.#orders.addPurchase(purchase);
    if (this.#early === undefined) return;
    for (const refund of this.#early.get(`${purchase.source}\n${purchase.id}`) ?? []) {
      this.#hasEarlyRefunds = true;
      this.#orders.addRefund(refund, purchase.at);
    }
  }

  #foldRefund(refund: FactOf<'refund'>): void {
    const { source, originalOrderId } = refund;
    const waiting = originalOrderId === undefined ? undefined : this.#early?.get(`${source}\n${originalOrderId}`);
    if (waiting === undefined || originalOrderId === undefined || this.#orders.has(source, originalOrderId)) {
      this.#orders.addRefund(refund, refund.at);
    } else waiting.push(refund);
  }
}

/** The last of a list in order of time. */
function stepsFrom<S extends { readonly at: number }>(steps: readonly S[], from: number): readonly S[] {
  let index = steps.length;
  while (index > 0 && (steps[index - 1]?.at ?? 0) >= from) index--;
  return steps.slice(index);
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
