import type { LifecyclePolicy, Stage, StageStep } from '@tenure/contracts';
import type { Words } from '../why/words.ts';
import type { LifecycleState } from './lifecycle-state.ts';

/** What a rule asks for and what it found, by name; whole numbers. */
export type RuleNumbers = Readonly<Record<string, number>>;

/** Loyal by frequency: so many purchase days within so many dates, the last one included. */
export const loyalFrequency = {
  isMet(recentDays: readonly number[], { stages: { loyal } }: LifecyclePolicy): boolean {
    const last = recentDays.at(-1) ?? Number.NEGATIVE_INFINITY;
    return (recentDays.at(-loyal.purchaseDays) ?? Number.NEGATIVE_INFINITY) > last - loyal.withinDates;
  },
  /** The purchase days that met it, rising. */
  days: (recentDays: readonly number[], { stages: { loyal } }: LifecyclePolicy): readonly number[] =>
    recentDays.slice(-loyal.purchaseDays),
} as const;

/** Active: enough purchase days. */
export const activePurchaseDays = {
  isMet: (purchaseDays: number, { stages: { active } }: LifecyclePolicy): boolean =>
    purchaseDays >= active.purchaseDays,
} as const;

/** Why a stage was entered: the reason that the decision gave, in the terms of its policy. */
export interface StageRule {
  /** What the rule asks for. */
  numbers(policy: LifecyclePolicy, to: Stage): RuleNumbers;
  readonly words: Words;
}

const nothing = (): RuleNumbers => ({});

/** One for each reason that `applyOrder`, `passTime` and refunds give: a reason without words does not compile. */
export const stageRules: Readonly<Record<StageStep['reason'], StageRule>> = {
  'first-order': { numbers: nothing, words: { en: 'the first counted order', zh: '首个计入订单' } },
  frequency: {
    numbers: ({ stages: { loyal } }) => ({ purchaseDays: loyal.purchaseDays, withinDates: loyal.withinDates }),
    words: { en: '{purchaseDays} purchase days in {withinDates}', zh: '{withinDates}天内有{purchaseDays}个购买日' },
  },
  'second-purchase-day': {
    numbers: ({ stages: { active } }) => ({ purchaseDays: active.purchaseDays }),
    words: { en: '{purchaseDays} purchase days', zh: '已有{purchaseDays}个购买日' },
  },
  returned: { numbers: nothing, words: { en: 'an order after a silence', zh: '沉默后再次下单' } },
  'won-back': { numbers: nothing, words: { en: 'an order after having churned', zh: '流失后再次下单' } },
  silent: {
    numbers: ({ stages }, to) => ({
      silentDays: to === 'churned' ? stages.churned.silentDays : stages['at-risk'].silentDays,
    }),
    words: { en: 'no counted order for {silentDays} days', zh: '{silentDays}天没有计入订单' },
  },
  policy: { numbers: nothing, words: { en: 'another version of the policy holds', zh: '策略版本变更' } },
  refunded: {
    numbers: nothing,
    words: { en: 'an order that was wholly refunded counts no more', zh: '全额退款的订单不再计入' },
  },
};

/** The purchase days that a transition stood on, in days since 1970. */
export function daysBehind(
  reason: StageStep['reason'],
  state: LifecycleState,
  policy: LifecyclePolicy,
): readonly number[] {
  if (reason === 'frequency') return loyalFrequency.days(state.recentDays, policy);
  if (reason === 'second-purchase-day') return state.recentDays.slice(-policy.stages.active.purchaseDays);
  return [];
}
