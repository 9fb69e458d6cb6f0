import { DAY } from './facts.ts';
import type { PointsEntry } from './points.ts';

export type Tier = 'none' | 'silver' | 'gold';
export type TierTransition = { from: Tier; to: Tier; at: number; reason: 'earned' | 'taken-back' | 'review' };

const YEAR = 365 * DAY;
const TIERS: readonly { tier: Tier; from: number }[] = [
  { tier: 'none', from: Number.NEGATIVE_INFINITY },
  { tier: 'silver', from: 500 },
  { tier: 'gold', from: 2000 },
];
const height = (tier: Tier): number => TIERS.findIndex((one) => one.tier === tier);
const tierFor = (net: number): Tier => TIERS.findLast(({ from }) => from <= net)?.tier ?? 'none';

/**
 * Every change of tier up to an instant, from the points earned and taken back until then. Up at once, on the net of
 * the 365 days before an earning. Down at once when what is taken back is what the tier stood on: the net since 365
 * days before it was reached or last confirmed. Down by time alone only at the review, 365 days after that; a review
 * never raises.
 */
export function tierTransitions(entries: readonly PointsEntry[], until: number): TierTransition[] {
  const transitions: TierTransition[] = [];
  let standsSince = Number.POSITIVE_INFINITY;
  const current = (): Tier => transitions.at(-1)?.to ?? 'none';
  const move = (to: Tier, at: number, reason: TierTransition['reason']) => {
    transitions.push({ from: current(), to, at, reason });
    standsSince = to === 'none' ? Number.POSITIVE_INFINITY : at;
  };
  const reviewUntil = (now: number, past: readonly PointsEntry[]) => {
    while (standsSince + YEAR <= now) {
      const at = standsSince + YEAR;
      const earned = tierFor(net(past, at - YEAR, at));
      if (height(earned) < height(current())) move(earned, at, 'review');
      else standsSince = at;
    }
  };
  for (const [index, { at, points }] of entries.entries()) {
    reviewUntil(at, entries.slice(0, index));
    const past = entries.slice(0, index + 1);
    if (points > 0) {
      const reached = tierFor(net(past, at - YEAR, at));
      if (height(reached) > height(current())) move(reached, at, 'earned');
    } else if (current() !== 'none') {
      const left = tierFor(net(past, standsSince - YEAR, at));
      if (height(left) < height(current())) move(left, at, 'taken-back');
    }
  }
  reviewUntil(until, entries);
  return transitions;
}

/** Net points in (after, to]. */
function net(entries: readonly PointsEntry[], after: number, to: number): number {
  return entries.filter(({ at }) => after < at && at <= to).reduce((sum, { points }) => sum + points, 0);
}
