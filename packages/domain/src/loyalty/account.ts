import type { FactRef, LoyaltyProgramme } from '@tenure/contracts';
import { inForce, type Schedule } from '../policies/schedule.ts';
import { dayMs } from '../time/calendar.ts';
import type { DecisionObserver } from '../why/decisions.ts';
import { noTier, rankOf, tierFor } from './programme.ts';
import type { TierStep } from './tier-step.ts';

/** A movement of points. `id` is the order's, or the refund's. */
export interface PointEntry {
  readonly kind: 'earned' | 'taken-back' | 'expired';
  readonly source: string;
  readonly id: string;
  readonly at: number;
  readonly points: number;
  /** Of what was earned. */
  readonly expiresAt?: number;
  /** Net points earned, up to and with this movement; for sums over a window. */
  readonly netUpTo: number;
  readonly policyVersion: number;
}

/** The points that one order earned, and what is left of them. */
export class Lot {
  readonly earning: PointEntry;
  /** Never below zero. */
  remaining: number;
  /** What expired of it. */
  expired = 0;

  constructor(earning: PointEntry, remaining: number) {
    this.earning = earning;
    this.remaining = remaining;
  }

  get source(): string {
    return this.earning.source;
  }
  get orderId(): string {
    return this.earning.id;
  }
  get earnedAt(): number {
    return this.earning.at;
  }
  get expiresAt(): number {
    return this.earning.expiresAt ?? Number.POSITIVE_INFINITY;
  }
  get points(): number {
    return this.earning.points;
  }

  clone(): Lot {
    const copy = new Lot(this.earning, this.remaining);
    copy.expired = this.expired;
    return copy;
  }
}

/**
 * A customer's points, forward in time: lots, debt, tier. sum of lots - debt = balance, always (I21). Every call must not
 * be earlier than the one before.
 */
export class LoyaltyAccount {
  readonly #programmes: Schedule<LoyaltyProgramme>;
  readonly #observer: DecisionObserver | undefined;
  /** In order of expiry, which is that of earning unless a programme changed the time. */
  readonly #lots: Lot[] = [];
  #expiredUpTo = 0;
  #inLots = 0;
  #debt = 0;
  readonly #entries: PointEntry[] = [];
  readonly #tierSteps: TierStep[] = [];
  #tier = noTier;
  #tierSince: number | null = null;
  /** When the tier was reached or last confirmed: the window it stands on starts from there. */
  #anchor = 0;

  constructor(programmes: Schedule<LoyaltyProgramme>, observer?: DecisionObserver) {
    this.#programmes = programmes;
    this.#observer = observer;
  }

  get balance(): number {
    return this.#inLots - this.#debt;
  }
  get debt(): number {
    return this.#debt;
  }
  get lots(): readonly Readonly<Lot>[] {
    return this.#lots;
  }
  get entries(): readonly PointEntry[] {
    return this.#entries;
  }
  get tierSteps(): readonly TierStep[] {
    return this.#tierSteps;
  }
  get tier(): string {
    return this.#tier;
  }
  get tierSince(): number | null {
    return this.#tierSince;
  }

  /** When time alone changes something next: a review or an expiry. */
  get nextChangeAt(): number | undefined {
    const candidates = [this.#nextReview(), this.#nextExpiring()?.expiresAt].filter((at) => at !== undefined);
    return candidates.length === 0 ? undefined : Math.min(...candidates);
  }

  /** When the tier is looked at again; undefined without one. */
  get reviewAt(): number | undefined {
    return this.#nextReview();
  }

  /** Net points in the programme's window that ends at an instant, which is not before the last movement. */
  netPoints(until: number): number {
    const programme = inForce(this.#programmes, until);
    return programme === undefined ? 0 : this.#net(until - programme.window.days * dayMs);
  }

  /** A copy that can run ahead without changing this one. */
  clone(): LoyaltyAccount {
    const copy = new LoyaltyAccount(this.#programmes, this.#observer);
    for (const lot of this.#lots) copy.#lots.push(lot.clone());
    copy.#expiredUpTo = this.#expiredUpTo;
    copy.#inLots = this.#inLots;
    copy.#debt = this.#debt;
    copy.#entries.push(...this.#entries);
    copy.#tierSteps.push(...this.#tierSteps);
    copy.#tier = this.#tier;
    copy.#tierSince = this.#tierSince;
    copy.#anchor = this.#anchor;
    return copy;
  }

  /** Lets time pass up to an instant (inclusive): lots expire, tiers are reviewed. */
  passTime(until: number): void {
    for (;;) {
      const review = this.#nextReview() ?? Number.POSITIVE_INFINITY;
      const expiring = this.#nextExpiring();
      const expiry = expiring?.expiresAt ?? Number.POSITIVE_INFINITY;
      if (Math.min(review, expiry) > until) return;
      if (expiring !== undefined && expiry <= review) this.#expire(expiring);
      else this.#review(review);
    }
  }

  /** An order earns points: debt is paid first, the rest goes to a lot. */
  earn(order: { source: string; orderId: string; at: number; points: number }): Lot | undefined {
    const programme = inForce(this.#programmes, order.at);
    if (programme === undefined || order.points <= 0) return undefined;
    const { source, orderId, at, points } = order;
    const paid = Math.min(this.#debt, points);
    this.#debt -= paid;
    const expiresAt = at + programme.points.expireAfterDays * dayMs;
    const { version: policyVersion } = programme;
    const lot = new Lot(
      this.#note({ kind: 'earned', source, id: orderId, at, points, expiresAt, policyVersion }),
      points - paid,
    );
    this.#insert(lot);
    this.#inLots += lot.remaining;
    this.#upgrade(programme, at, order);
    return lot;
  }

  /** A matched refund takes back what its order would have earned less, also what is already gone: then it is a debt. */
  takeBack(lot: Lot, points: number, refund: { source: string; refundId: string; at: number; cause: FactRef }): void {
    const fromLot = Math.min(lot.remaining, points);
    const alreadyExpired = Math.min(lot.expired, points - fromLot);
    lot.remaining -= fromLot;
    lot.expired -= alreadyExpired;
    this.#inLots -= fromLot;
    this.#debt += points - fromLot - alreadyExpired;
    this.#taken(points - alreadyExpired, refund);
  }

  /** An unmatched refund takes at most the balance, from the newest lot first. */
  takeUnmatched(points: number, refund: { source: string; refundId: string; at: number; cause: FactRef }): void {
    const total = Math.min(points, Math.max(0, this.balance));
    let left = total;
    for (let index = this.#lots.length - 1; index >= this.#expiredUpTo && left > 0; index--) {
      const lot = this.#lots[index];
      if (lot === undefined) continue;
      const taken = Math.min(lot.remaining, left);
      lot.remaining -= taken;
      left -= taken;
    }
    this.#inLots -= total;
    this.#taken(total, refund);
  }

  #taken(points: number, refund: { source: string; refundId: string; at: number; cause: FactRef }): void {
    const programme = inForce(this.#programmes, refund.at);
    if (points <= 0 || programme === undefined) return;
    const { source, refundId, at } = refund;
    this.#note({ kind: 'taken-back', source, id: refundId, at, points, policyVersion: programme.version });
    this.#withdraw(programme, at, refund.cause);
  }

  #insert(lot: Lot): void {
    let index = this.#lots.length;
    while (index > this.#expiredUpTo && (this.#lots[index - 1]?.expiresAt ?? 0) > lot.expiresAt) index--;
    this.#lots.splice(index, 0, lot);
  }

  #note(movement: Omit<PointEntry, 'netUpTo'>): PointEntry {
    const { kind, source, id, at, points, expiresAt, policyVersion } = movement;
    const change = kind === 'earned' ? points : kind === 'taken-back' ? -points : 0;
    const netUpTo = (this.#entries.at(-1)?.netUpTo ?? 0) + change;
    const entry =
      expiresAt === undefined
        ? { kind, source, id, at, points, netUpTo, policyVersion }
        : { kind, source, id, at, points, expiresAt, netUpTo, policyVersion };
    this.#entries.push(entry);
    return entry;
  }

  /** Net points in (after, until]; until is now or earlier than the next movement. */
  #net(after: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.at ?? 0) <= after) low = middle + 1;
      else high = middle;
    }
    return (this.#entries.at(-1)?.netUpTo ?? 0) - (low === 0 ? 0 : (this.#entries[low - 1]?.netUpTo ?? 0));
  }

  #upgrade(programme: LoyaltyProgramme, at: number, order: { source: string; orderId: string }): void {
    // Whoever has the highest tier stays there: no need to sum.
    if (rankOf(programme, this.#tier) === programme.tiers.length - 1) return;
    const net = this.#net(at - programme.window.days * dayMs);
    const reached = tierFor(programme, net);
    if (rankOf(programme, reached) <= rankOf(programme, this.#tier)) return;
    const cause: FactRef = { kind: 'purchase', source: order.source, id: order.orderId };
    this.#enter(programme, net, { to: reached, at, reason: 'earned', cause });
  }

  /**
   * Points taken back withdraw a tier that stood on them. The window is the one the tier was reached or confirmed in, up
   * to now, so that time alone lowers nothing before the review.
   */
  #withdraw(programme: LoyaltyProgramme, at: number, cause: FactRef): void {
    if (this.#tier === noTier) return;
    const net = this.#net(this.#anchor - programme.window.days * dayMs);
    const stands = tierFor(programme, net);
    if (rankOf(programme, stands) < rankOf(programme, this.#tier))
      this.#enter(programme, net, { to: stands, at, reason: 'taken-back', cause });
  }

  #review(at: number): void {
    const programme = inForce(this.#programmes, at);
    if (programme === undefined) return;
    const net = this.#net(at - programme.window.days * dayMs);
    const reached = tierFor(programme, net);
    const lowered = rankOf(programme, reached) < rankOf(programme, this.#tier);
    this.#enter(programme, net, { to: lowered ? reached : this.#tier, at, reason: 'review', cause: null });
  }

  /** `net`: the points that the tier was compared with. */
  #enter(programme: LoyaltyProgramme, net: number, move: Pick<TierStep, 'to' | 'at' | 'reason' | 'cause'>): void {
    const { to, at, reason, cause } = move;
    const step: TierStep = { from: this.#tier, to, at, reason, cause, policyVersion: programme.version };
    this.#tierSteps.push(step);
    this.#observer?.tier(step, net, programme);
    if (to !== this.#tier) this.#tierSince = at;
    this.#tier = to;
    this.#anchor = at;
  }

  #nextReview(): number | undefined {
    if (this.#tier === noTier) return undefined;
    const programme = inForce(this.#programmes, this.#anchor);
    return programme === undefined ? undefined : this.#anchor + programme.review.everyDays * dayMs;
  }

  #nextExpiring(): Lot | undefined {
    while (this.#expiredUpTo < this.#lots.length && this.#lots[this.#expiredUpTo]?.remaining === 0) this.#expiredUpTo++;
    return this.#lots[this.#expiredUpTo];
  }

  #expire(lot: Lot): void {
    const programme = inForce(this.#programmes, lot.expiresAt);
    const points = lot.remaining;
    lot.expired = points;
    lot.remaining = 0;
    this.#inLots -= points;
    this.#expiredUpTo++;
    const { source, orderId: id, expiresAt: at } = lot;
    this.#note({ kind: 'expired', source, id, at, points, policyVersion: programme?.version ?? 0 });
  }
}
