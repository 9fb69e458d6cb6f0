import { dayNumber } from './calendar.ts';
import { DAY, type Purchase, totalMinor } from './facts.ts';
import { countedOrders, type Step } from './story.ts';

export type Stage = 'potential' | 'new' | 'active' | 'loyal' | 'at-risk' | 'churned' | 'won-back';
export type StageTransition = { from: Stage; to: Stage; at: number; reason: 'order' | 'silence' | 'refunded' };

const AT_RISK_AFTER = 90 * DAY;
const CHURNED_AFTER = 180 * DAY;
/** Purchase days that make a customer loyal, by the default policy. */
const LOYAL_DAYS = 5;
const LOYAL_DATES = 90;

/** A transition, and the number of the step that it precedes (silence) or comes with (order). */
type Told = StageTransition & { step: number };

/**
 * Every change of stage up to an instant. Refunds that un-count an order cut the story into stretches. Within one,
 * the stage is what the orders counted in it alone would give; between two, a difference is a change at the refund's
 * instant, and what came before stays as it was.
 */
export function stageTransitions(
  story: readonly Step[],
  until: number,
  zone: string,
  loyalDays = LOYAL_DAYS,
): StageTransition[] {
  const cuts = uncountings(story);
  const all: StageTransition[] = [];
  for (const [stretch, start] of [-1, ...cuts].entries()) {
    const end = cuts[stretch] ?? story.length;
    const gone = uncounted(story, start);
    const told = tell(story, (order) => !gone.includes(order), until, { zone, loyalDays });
    const from = all.at(-1)?.to ?? 'potential';
    const to = told.filter(({ step }) => step <= start).at(-1)?.to ?? 'potential';
    if (from !== to) all.push({ from, to, at: story[start]?.at ?? until, reason: 'refunded' });
    all.push(...told.filter(({ step }) => step > start && step <= end).map(({ step: _, ...change }) => change));
  }
  return all;
}

/** The numbers of the steps after which an order no longer counts that did before. */
function uncountings(story: readonly Step[]): number[] {
  return story.flatMap(({ fact, original }, step) => {
    if (fact.kind !== 'refund' || original === null) return [];
    const countedBefore = countedOrders(story, step).includes(original);
    return countedBefore && !countedOrders(story, step + 1).includes(original) ? [step] : [];
  });
}

/** Orders that by the end of a step were wholly given back. */
function uncounted(story: readonly Step[], step: number): Purchase[] {
  const standing = countedOrders(story, step + 1);
  return story
    .slice(0, step + 1)
    .map(({ fact }) => fact)
    .filter((fact): fact is Purchase => fact.kind === 'purchase' && !standing.includes(fact));
}

/** The changes that a set of orders gives when none of them is ever given back. */
function tell(
  story: readonly Step[],
  included: (order: Purchase) => boolean,
  until: number,
  { zone, loyalDays }: { zone: string; loyalDays: number },
): Told[] {
  const told: Told[] = [];
  const days = new Set<number>();
  let last = Number.POSITIVE_INFINITY;
  let wonBackOn = Number.POSITIVE_INFINITY;
  const stage = (): Stage => told.at(-1)?.to ?? 'potential';
  const move = (to: Stage, at: number, reason: 'order' | 'silence', step: number) => {
    if (to !== stage()) told.push({ from: stage(), to, at, reason, step });
  };
  const keepSilent = (now: number, step: number) => {
    if (last + AT_RISK_AFTER <= now && stage() !== 'churned') move('at-risk', last + AT_RISK_AFTER, 'silence', step);
    if (last + CHURNED_AFTER <= now) move('churned', last + CHURNED_AFTER, 'silence', step);
  };
  for (const [step, { at, fact }] of story.entries()) {
    keepSilent(at, step);
    if (fact.kind !== 'purchase' || totalMinor(fact) <= 0 || !included(fact)) continue;
    const today = dayNumber(at, zone);
    days.add(today);
    const recentDays = [...days].filter((day) => day > today - LOYAL_DATES && day <= today);
    const returning = recentDays.length >= loyalDays ? 'loyal' : 'active';
    const next: Record<Stage, Stage> = {
      potential: 'new',
      new: days.size >= 2 ? returning : 'new',
      active: returning,
      loyal: 'loyal',
      'at-risk': returning,
      churned: 'won-back',
      'won-back': today > wonBackOn ? returning : 'won-back',
    };
    if (stage() === 'churned') wonBackOn = today;
    move(next[stage()], at, 'order', step);
    last = at;
  }
  keepSilent(until, story.length);
  return told;
}
