import type { LifecyclePolicy, LoyaltyProgramme } from '@tenure/contracts';
import {
  applyOrder,
  type CountedOrder,
  type LifecycleState,
  noOrders,
  passTime,
  type StageTransition,
} from '../lifecycle/lifecycle.ts';
import { type Lot, LoyaltyAccount } from '../loyalty/account.ts';
import { pointsFor } from '../loyalty/programme.ts';
import { inForce, type Policies, type Schedule } from '../policies/schedule.ts';
import type { Calendar } from '../time/calendar.ts';
import { type FactOf, factRef } from './fact.ts';

interface Order extends CountedOrder {
  readonly currency: string;
  remaining: number;
  readonly lot: Lot | undefined;
  /** What the order has earned, less what was taken back. */
  points: number;
  isCounted: boolean;
  /** The lifecycle before this order, to replay from when a refund un-counts it. */
  before: LifecycleState;
}

const ignore = (): void => undefined;
const orderKey = (source: string, orderId: string): string => `${source}\n${orderId}`;

/** Purchases and refunds of one customer, forward in time: money, counted orders, lifecycle and points. */
export class OrderBook {
  readonly #lifecyclePolicies: Schedule<LifecyclePolicy>;
  readonly #programmes: Schedule<LoyaltyProgramme>;
  readonly #calendar: Calendar;
  readonly #orders = new Map<string, Order>();
  /** Counted and un-counted orders in content order. */
  readonly #sequence: Order[] = [];
  /** Orders that a refund named and that were not there. */
  readonly #missed = new Set<string>();
  readonly spend = new Map<string, number>();
  frequency = 0;
  lifecycle: LifecycleState = noOrders;
  readonly transitions: StageTransition[] = [];
  readonly account: LoyaltyAccount;

  constructor(policies: Policies, calendar: Calendar) {
    this.#lifecyclePolicies = policies.lifecycle;
    this.#programmes = policies.loyalty;
    this.#calendar = calendar;
    this.account = new LoyaltyAccount(policies.loyalty);
  }

  /** Whether a refund has been folded as unmatched that names this purchase. */
  wasMissed(purchase: FactOf<'purchase'>): boolean {
    return this.#missed.size > 0 && this.#missed.has(orderKey(purchase.source, purchase.id));
  }

  has(source: string, orderId: string): boolean {
    return this.#orders.has(orderKey(source, orderId));
  }

  addPurchase(purchase: FactOf<'purchase'>): void {
    const { at, source, id, currency, total } = purchase;
    this.#passTime(at);
    this.#addSpend(currency, total);
    const cause = factRef(purchase);
    const points = pointsFor(inForce(this.#programmes, at), currency, total);
    const lot = this.account.earn({ source, orderId: id, at, points, cause });
    const isCounted = total > 0;
    const day = this.#calendar.dayOf(at);
    const order: Order = { at, day, cause, currency, remaining: total, lot, points, isCounted, before: this.lifecycle };
    this.#orders.set(orderKey(source, id), order);
    if (!isCounted) return;
    this.#sequence.push(order);
    this.frequency++;
    this.lifecycle = applyOrder(this.lifecycle, order, this.#lifecyclePolicies, this.#emit);
  }

  /** `at`: when it takes effect, which is not before its purchase. */
  addRefund(refund: FactOf<'refund'>, at: number): void {
    this.#passTime(at);
    this.#addSpend(refund.currency, -refund.amount);
    const effect = { source: refund.source, refundId: refund.id, at, cause: factRef(refund) };
    const named = refund.originalOrderId;
    const order = named === undefined ? undefined : this.#orders.get(orderKey(refund.source, named));
    if (order === undefined) {
      if (named !== undefined) this.#missed.add(orderKey(refund.source, named));
      const programme = inForce(this.#programmes, at);
      this.account.takeUnmatched(pointsFor(programme, refund.currency, refund.amount), effect);
      return;
    }
    const points = order.points - this.#pointsAfter(order, refund);
    order.points -= points;
    if (order.lot !== undefined && points > 0) this.account.takeBack(order.lot, points, effect);
    if (order.isCounted && order.remaining <= 0) this.#uncount(order, refund, at);
  }

  #pointsAfter(order: Order, refund: FactOf<'refund'>): number {
    if (refund.currency !== order.currency) {
      const programme = inForce(this.#programmes, order.at);
      return Math.max(0, order.points - pointsFor(programme, refund.currency, refund.amount));
    }
    order.remaining -= refund.amount;
    return Math.min(order.points, pointsFor(inForce(this.#programmes, order.at), order.currency, order.remaining));
  }

  /** The order no longer counts from now on: the stage is what the others alone give at this instant. */
  #uncount(order: Order, refund: FactOf<'refund'>, at: number): void {
    order.isCounted = false;
    this.frequency--;
    const index = this.#sequence.indexOf(order);
    let replayed = order.before;
    for (const later of this.#sequence.slice(index + 1)) {
      replayed = passTime(replayed, later.at, this.#lifecyclePolicies, ignore);
      later.before = replayed;
      replayed = applyOrder(replayed, later, this.#lifecyclePolicies, ignore);
    }
    this.#sequence.splice(index, 1);
    replayed = passTime(replayed, at, this.#lifecyclePolicies, ignore);
    const { stage, since } = this.lifecycle;
    const policyVersion = inForce(this.#lifecyclePolicies, at)?.version ?? 0;
    if (replayed.stage !== stage) {
      this.#emit({ from: stage, to: replayed.stage, at, reason: 'refunded', cause: factRef(refund), policyVersion });
    }
    this.lifecycle = { ...replayed, since: replayed.stage === stage ? since : at };
  }

  #passTime(until: number): void {
    this.lifecycle = passTime(this.lifecycle, until, this.#lifecyclePolicies, this.#emit);
    this.account.passTime(until);
  }

  #addSpend(currency: string, amountMinor: number): void {
    this.spend.set(currency, (this.spend.get(currency) ?? 0) + amountMinor);
  }

  readonly #emit = (transition: StageTransition): void => {
    this.transitions.push(transition);
  };
}
