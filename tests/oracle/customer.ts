import { dayNumber } from './calendar.ts';
import { DAY, type DatedFact, type Fact, totalMinor } from './facts.ts';
import { type Stage, type StageTransition, stageTransitions } from './lifecycle.ts';
import { factsByCustomer, factsOf } from './people.ts';
import { type Lot, pointsAt } from './points.ts';
import { type Satisfaction, satisfactionAt } from './satisfaction.ts';
import { countedOrders, type Step, storyOf } from './story.ts';
import { type Tier, type TierTransition, tierTransitions } from './tiers.ts';

export type CustomerView = {
  /** Minor units by currency, for each currency of a purchase or refund. */
  spend: Record<string, number>;
  frequency: number;
  purchaseDays: number;
  lastPurchaseAt: number | null;
  recency: number | null;
  customerSince: number;
  class: 'potential' | 'existing' | 'key';
  stage: Stage;
  stageSince: number;
  points: number;
  earned: number;
  takenBack: number;
  expired: number;
  debt: number;
  lots: Lot[];
  tier: Tier;
  /** Null for who never had a tier. */
  tierSince: number | null;
  satisfaction: Satisfaction | null;
};

/** `zone` is the one in which calendar days are counted, UTC by default; `loyalDays` the purchase days of a loyal customer. */
export type Options = { zone?: string; loyalDays?: number };

/** The customer that has this key as it was at an instant; null without a fact by then. */
export function customerAt(
  facts: readonly Fact[],
  customer: string,
  asOf: number,
  options: Options = {},
): CustomerView | null {
  return viewOf(factsOf(facts, customer), asOf, options);
}

/** Every customer with a fact by an instant, each once, under the first of its keys in the array. */
export function everyoneAt(facts: readonly Fact[], asOf: number, options: Options = {}): Map<string, CustomerView> {
  const views = new Map<string, CustomerView>();
  for (const [customer, own] of factsByCustomer(facts)) {
    const view = viewOf(own, asOf, options);
    if (view !== null) views.set(customer, view);
  }
  return views;
}

/** The changes of stage of one customer up to an instant, oldest first. */
export function transitions(
  facts: readonly Fact[],
  customer: string,
  until: number,
  { zone = 'UTC' }: Options = {},
): StageTransition[] {
  return stageTransitions(storyOf(factsOf(facts, customer), until), until, zone);
}

/** The same for every customer. */
export function everyonesTransitions(
  facts: readonly Fact[],
  until: number,
  { zone = 'UTC' }: Options = {},
): Map<string, StageTransition[]> {
  const told = ([customer, own]: [string, DatedFact[]]): [string, StageTransition[]] => [
    customer,
    stageTransitions(storyOf(own, until), until, zone),
  ];
  return new Map([...factsByCustomer(facts)].map(told));
}

/** The changes of tier of one customer up to an instant, oldest first. */
export function customersTierTransitions(facts: readonly Fact[], customer: string, until: number): TierTransition[] {
  return tierTransitions(pointsAt(storyOf(factsOf(facts, customer), until), until).entries, until);
}

function viewOf(facts: readonly DatedFact[], asOf: number, { zone = 'UTC', loyalDays }: Options): CustomerView | null {
  const story = storyOf(facts, asOf);
  if (story.length === 0) return null;
  const counted = countedOrders(story);
  const lastPurchaseAt = counted.length === 0 ? null : Math.max(...counted.map((order) => order.occurredAt));
  const customerSince = Math.min(...story.map(({ fact }) => fact.occurredAt));
  const stage = stageTransitions(story, asOf, zone, loyalDays).at(-1);
  const { balance, earned, takenBack, expired, debt, lots, entries } = pointsAt(story, asOf);
  const tier = tierTransitions(entries, asOf).at(-1);
  return {
    spend: spendOf(story),
    frequency: counted.length,
    purchaseDays: new Set(counted.map((order) => dayNumber(order.occurredAt, zone))).size,
    lastPurchaseAt,
    recency: lastPurchaseAt === null ? null : Math.floor((asOf - lastPurchaseAt) / DAY),
    customerSince,
    class: isKeyAccount(story) ? 'key' : counted.length > 0 ? 'existing' : 'potential',
    stage: stage?.to ?? 'potential',
    stageSince: stage?.at ?? customerSince,
    points: balance,
    earned,
    takenBack,
    expired,
    debt,
    lots,
    tier: tier?.to ?? 'none',
    tierSince: tier?.at ?? null,
    satisfaction: satisfactionAt(facts, asOf),
  };
}

function spendOf(story: readonly Step[]): Record<string, number> {
  const spend: Record<string, number> = {};
  for (const { fact } of story) {
    if (fact.kind !== 'purchase' && fact.kind !== 'refund') continue;
    const sign = fact.kind === 'purchase' ? 1 : -1;
    spend[fact.currency] = (spend[fact.currency] ?? 0) + sign * totalMinor(fact);
  }
  return spend;
}

function isKeyAccount(story: readonly Step[]): boolean {
  const last = story.map(({ fact }) => fact).findLast((fact) => fact.kind === 'key-account');
  return last?.key ?? false;
}
