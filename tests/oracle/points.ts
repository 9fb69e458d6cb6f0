import { DAY, type Purchase, type Refund, totalMinor } from './facts.ts';
import { remainingMinor, type Step } from './story.ts';

const MINOR_PER_POINT = new Map([
  ['GBP', 100],
  ['USD', 100],
  ['EUR', 100],
  ['CNY', 100],
]);
const LOT_LIFE = 730 * DAY;

/** Points of one order; `expired` are those that expired and that no refund has given back since. */
export type Lot = {
  source: string;
  orderId: string;
  earnedAt: number;
  expiresAt: number;
  earned: number;
  remaining: number;
  expired: number;
};

/** What changed the net points, in the order in which it did: earned above 0, taken back below. */
export type PointsEntry = { at: number; points: number };

export type Points = {
  balance: number;
  earned: number;
  takenBack: number;
  /** All that ever expired: earned less taken back less expired is the balance. */
  expired: number;
  debt: number;
  /** Oldest first; those that are used up or expired too. */
  lots: Lot[];
  entries: PointsEntry[];
};

function wholePoints(amountMinor: number, currency: string): number {
  const unit = MINOR_PER_POINT.get(currency);
  return unit === undefined || amountMinor <= 0 ? 0 : Math.floor(amountMinor / unit);
}

export function pointsAt(story: readonly Step[], asOf: number): Points {
  const lots: Lot[] = [];
  const entries: PointsEntry[] = [];
  let debt = 0;
  let expired = 0;
  const balance = () => sum(lots.map((lot) => lot.remaining)) - debt;

  const expire = (now: number) => {
    for (const lot of lots.filter((one) => one.expiresAt <= now)) {
      expired += lot.remaining;
      lot.expired += lot.remaining;
      lot.remaining = 0;
    }
  };
  const earn = (order: Purchase, at: number) => {
    const earned = wholePoints(totalMinor(order), order.currency);
    if (earned === 0) return;
    const paid = Math.min(debt, earned);
    debt -= paid;
    const { source, id: orderId } = order;
    lots.push({
      source,
      orderId,
      earnedAt: at,
      expiresAt: at + LOT_LIFE,
      earned,
      remaining: earned - paid,
      expired: 0,
    });
    entries.push({ at, points: earned });
  };
  /** What had expired already is not taken a second time; returns what was taken. */
  const takeFromOrder = (order: Purchase, points: number): number => {
    const lot = lots.find((one) => one.source === order.source && one.orderId === order.id);
    if (lot === undefined) throw new Error(`points taken back from order ${order.id}, which earned none`);
    const live = Math.min(lot.remaining, points);
    lot.remaining -= live;
    const dead = Math.min(lot.expired, points - live);
    lot.expired -= dead;
    debt += points - live - dead;
    return points - dead;
  };
  const takeNewestFirst = (points: number) => {
    let open = points;
    for (const lot of lots.toReversed()) {
      const part = Math.min(lot.remaining, open);
      lot.remaining -= part;
      open -= part;
    }
  };

  const given = new Map<Purchase, number>();
  for (const [index, { at, fact, original }] of story.entries()) {
    expire(at);
    if (fact.kind === 'purchase') earn(fact, at);
    if (fact.kind !== 'refund') continue;
    let taken: number;
    if (original === null) {
      taken = Math.min(wholePoints(totalMinor(fact), fact.currency), Math.max(0, balance()));
      takeNewestFirst(taken);
    } else {
      const before = given.get(original) ?? 0;
      const stillEarned = wholePoints(totalMinor(original), original.currency) - before;
      const lost = Math.min(lostBy(story, index, fact, original), stillEarned);
      taken = lost > 0 ? takeFromOrder(original, lost) : 0;
      given.set(original, before + lost);
    }
    if (taken > 0) entries.push({ at, points: -taken });
  }
  expire(asOf);

  return {
    balance: balance(),
    earned: sum(entries.map(({ points }) => Math.max(0, points))),
    takenBack: sum(entries.map(({ points }) => Math.max(0, -points))),
    expired,
    debt,
    lots,
    entries,
  };
}

/** What an order would have earned less because of one matched refund. */
function lostBy(story: readonly Step[], index: number, refund: Refund, order: Purchase): number {
  if (refund.currency !== order.currency) return wholePoints(totalMinor(refund), refund.currency);
  const worth = (length: number) => wholePoints(remainingMinor(story, order, length), order.currency);
  return worth(index) - worth(index + 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
