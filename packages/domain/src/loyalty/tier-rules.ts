import type { Words } from '../why/words.ts';
import type { TierStep } from './tier-step.ts';

/** In words, why a tier was entered: one for each reason that an account gives. */
export const tierRules: Readonly<Record<TierStep['reason'], Words>> = {
  earned: {
    en: '{netPoints} net points in {windowDays} days, from {fromPoints} on',
    zh: '{windowDays}天内净积分{netPoints}，达到{fromPoints}',
  },
  'taken-back': {
    en: 'points it stood on were taken back: {netPoints} net points are left in its window',
    zh: '所依据的积分被退回，窗口内净积分剩{netPoints}',
  },
  review: {
    en: 'reviewed: {netPoints} net points in {windowDays} days',
    zh: '等级复核：{windowDays}天内净积分{netPoints}',
  },
};
