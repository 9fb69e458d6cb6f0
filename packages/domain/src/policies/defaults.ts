import type { LifecyclePolicy, LoyaltyProgramme, PolicyDocument, SatisfactionPolicy } from '@tenure/contracts';

/**
 * When a customer is new, active, loyal, at risk, churned. The rules that read it are in lifecycle/rules.ts.
 * Loyal: 5 purchase days within 90 dates. At risk: 90 days of silence. Churned: 180.
 */
export const defaultLifecycle: LifecyclePolicy = {
  policy: 'lifecycle',
  version: 1,
  stages: {
    new: { orders: 1 },
    active: { purchaseDays: 2 },
    loyal: { purchaseDays: 5, withinDates: 90 },
    'at-risk': { silentDays: 90 },
    churned: { silentDays: 180 },
  },
};

/** One point for each whole unit; silver from 500 and gold from 2,000 points in a rolling year. */
export const defaultProgramme: LoyaltyProgramme = {
  policy: 'loyalty',
  version: 1,
  points: {
    perUnit: {
      GBP: { points: 1, amountMinor: 100 },
      USD: { points: 1, amountMinor: 100 },
      EUR: { points: 1, amountMinor: 100 },
      CNY: { points: 1, amountMinor: 100 },
    },
    expireAfterDays: 730,
  },
  tiers: [
    { tier: 'silver', fromPoints: 500 },
    { tier: 'gold', fromPoints: 2000 },
  ],
  window: { days: 365 },
  review: { everyDays: 365 },
};

/** How answers and complaints weigh; older ones by half each 180 days. */
export const defaultSatisfaction: SatisfactionPolicy = {
  policy: 'satisfaction',
  version: 1,
  weights: { csat: 1, nps: 1, ces: 0.5, followUp: 1, complaint: 1 },
  halfLifeDays: 180,
  bands: { high: 75, middle: 50 },
};

export const defaultPolicies: readonly PolicyDocument[] = [defaultLifecycle, defaultProgramme, defaultSatisfaction];
