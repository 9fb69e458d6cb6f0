import type { LifecyclePolicy, LoyaltyProgramme } from '@tenure/contracts';
import { applyOrder, type CountedOrder, type Emit, passTime } from '../lifecycle/lifecycle.ts';
import { type LifecycleState, noOrders, type StageTransition } from '../lifecycle/lifecycle-state.ts';
import { type Lot, LoyaltyAccount } from '../loyalty/account.ts';
import { pointsFor } from '../loyalty/programme.ts';
import { inForce, type Policies, type Schedule } from '../policies/schedule.ts';
import type { Calendar } from '../time/calendar.ts';
import type { DecisionObserver } from '../why/decisions.ts';
import { type FactOf, factRef } from './fact.ts';

interface Order {
  readonly purchase: FactOf<'purchase'>;
  remaining: number;
  readonly lot: Lot | undefined;
  /** What the order has earned, less what was taken back. */
  points: number;
  isCounted: boolean;
}

/** The lifecycle is kept before every so many orders, to replay from when a refund un-counts one. */
const snapshotEvery = 64;

const ignore = (): void => undefined;
const orderKey = (source: string, orderId: string): string => `${source}\n${orderId}`;

/** Purchases and refunds of one customer, forward in time: money, counted orders, lifecycle and points. */
export class OrderBook {
  readonly #lifecyclePolicies: Schedule<LifecyclePolicy>;
  readonly #programmes: Schedule<LoyaltyProgramme>;
  readonly #calendar: Calendar;
  readonly #observer: DecisionObserver | undefined;
  /** In content order. */
  readonly #orders: Order[] = [];
  /** Made when the first refund names an order. */
  #byKey: Map<string, number> | undefined;
  readonly #snapshots: LifecycleState[] = [];
  /** Orders that a refund named and that were not there. */
  #missed: Set<string> | undefined;
  readonly spend = new Map<string, number>();
  frequency = 0;
  lifecycle: LifecycleState = noOrders;
  readonly transitions: StageTransition[] = [];
  readonly account: LoyaltyAccount;

  constructor(policies: Policies, calendar: Calendar, observer?: DecisionObserver) {
    this.#lifecyclePolicies = policies.lifecycle;
    this.#programmes = policies.loyalty;
    this.#calendar = calendar;
    this.#observer = observer;
    this.account = new LoyaltyAccount(policies.loyalty, observer);
  }

  /** Whether a refund that names this purchase has been folded as unmatched. */
  wasMissed(purchase: FactOf<'purchase'>): boolean {
    return this.#missed?.has(orderKey(purchase.source, purchase.id)) ?? false;
  }

  has(source: string, orderId: string): boolean {
    return this.#indexOf(source, orderId) !== undefined;
  }

  addPurchase(purchase: FactOf<'purchase'>): void {
    const { at, source, id, currency, total } = purchase;
    this.#passTime(at);
    this.#addSpend(currency, total);
    const points = pointsFor(inForce(this.#programmes, at), currency, total);
    const lot = points === 0 ? undefined : this.account.earn({ source, orderId: id, at, points });
    const index = this.#orders.length;
    if (index % snapshotEvery === 0) this.#snapshots.push(this.lifecycle);
    this.#orders.push({ purchase, remaining: total, lot, points, isCounted: total > 0 });
    this.#byKey?.set(orderKey(source, id), index);
    if (total <= 0) return;
    this.frequency++;
    this.lifecycle = this.#apply(this.lifecycle, purchase, this.#emit);
  }

  /** The orders that count by now, in order. */
  countedOrders(): readonly CountedOrder[] {
    return this.#orders.filter(({ isCounted }) => isCounted).map(({ purchase }) => this.#counted(purchase));
  }

  /** `at`: when it takes effect, which is not before its purchase. */
  addRefund(refund: FactOf<'refund'>, at: number): void {
    this.#passTime(at);
    this.#addSpend(refund.currency, -refund.amount);
    const effect = { source: refund.source, refundId: refund.id, at, cause: factRef(refund) };
    const named = refund.originalOrderId;
    const index = named === undefined ? undefined : this.#indexOf(refund.source, named);
    const order = index === undefined ? undefined : this.#orders[index];
    if (index === undefined || order === undefined) {
      if (named !== undefined) {
        this.#missed ??= new Set();
        this.#missed.add(orderKey(refund.source, named));
      }
      const programme = inForce(this.#programmes, at);
      this.account.takeUnmatched(pointsFor(programme, refund.currency, refund.amount), effect);
      return;
    }
    const points = this.#pointsLess(order, refund);
    order.points -= points;
    if (order.lot !== undefined && points > 0) this.account.takeBack(order.lot, points, effect);
    if (order.isCounted && order.remaining <= 0) this.#uncount(index, order, refund, at);
  }

  /** What the order would have earned less: by what remains of it, or, in another currency, by what goes back. */
  #pointsLess(order: Order, refund: FactOf<'refund'>): number {
    const { at, currency } = order.purchase;
    const programme = inForce(this.#programmes, at);
    if (refund.currency !== currency) {
      return Math.min(order.points, pointsFor(programme, refund.currency, refund.amount));
    }
    const before = pointsFor(programme, currency, order.remaining);
    order.remaining -= refund.amount;
    return Math.min(order.points, before - pointsFor(programme, currency, order.remaining));
  }

  /** The order no longer counts from now on: the stage is what the others alone give at this instant. */
  #uncount(index: number, order: Order, refund: FactOf<'refund'>, at: number): void {
    order.isCounted = false;
    this.frequency--;
    const replayed = passTime(this.#replayFrom(index), at, this.#lifecyclePolicies, ignore);
    const { stage, since } = this.lifecycle;
    const policy = inForce(this.#lifecyclePolicies, at);
    const policyVersion = policy?.version ?? 0;
    this.lifecycle = { ...replayed, since: replayed.stage === stage ? since : at };
    if (replayed.stage === stage) return;
    const step = {
      from: stage,
      to: replayed.stage,
      at,
      reason: 'refunded',
      cause: factRef(refund),
      policyVersion,
    } as const;
    this.#emit(step, this.lifecycle, policy);
  }

  /** The lifecycle after all orders that still count, folded again from the snapshot before an order. */
  #replayFrom(index: number): LifecycleState {
    const first = Math.floor(index / snapshotEvery);
    let state = this.#snapshots[first] ?? noOrders;
    for (let next = first * snapshotEvery; next < this.#orders.length; next++) {
      if (next % snapshotEvery === 0) this.#snapshots[next / snapshotEvery] = state;
      const order = this.#orders[next];
      if (order?.isCounted !== true) continue;
      state = passTime(state, order.purchase.at, this.#lifecyclePolicies, ignore);
      state = this.#apply(state, order.purchase, ignore);
    }
    return state;
  }

  #apply(state: LifecycleState, purchase: FactOf<'purchase'>, emit: Emit): LifecycleState {
    return applyOrder(state, this.#counted(purchase), this.#lifecyclePolicies, emit);
  }

  #counted({ at, source, id }: FactOf<'purchase'>): CountedOrder {
    return { at, day: this.#calendar.dayOf(at), source, id };
  }

  #indexOf(source: string, orderId: string): number | undefined {
    this.#byKey ??= new Map(this.#orders.map(({ purchase }, index) => [orderKey(purchase.source, purchase.id), index]));
    return this.#byKey.get(orderKey(source, orderId));
  }

  #passTime(until: number): void {
    this.lifecycle = passTime(this.lifecycle, until, this.#lifecyclePolicies, this.#emit);
    this.account.passTime(until);
  }

  #addSpend(currency: string, amountMinor: number): void {
    this.spend.set(currency, (this.spend.get(currency) ?? 0) + amountMinor);
  }

  readonly #emit: Emit = (transition, state, policy) => {
    this.transitions.push(transition);
    this.#observer?.stage(transition, state, policy);
  };
}
