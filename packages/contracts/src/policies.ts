import { z } from 'zod';
import { currency, instant, tier } from './common.ts';
import { defineEvent } from './define-event.ts';

const days = z.int().positive().max(36_500);

/** When a customer is in which stage. Days are dates for purchase days, else 24 h. */
export const lifecyclePolicy = z.strictObject({
  policy: z.literal('lifecycle'),
  version: z.int().positive(),
  stages: z.strictObject({
    new: z.strictObject({ orders: z.literal(1) }),
    active: z.strictObject({ purchaseDays: z.int().min(2) }),
    loyal: z.strictObject({ purchaseDays: z.int().min(2), withinDates: days }),
    'at-risk': z.strictObject({ silentDays: days }),
    churned: z.strictObject({ silentDays: days }),
  }),
});
export type LifecyclePolicy = z.infer<typeof lifecyclePolicy>;

/** How points are earned and what tier they reach. */
export const loyaltyProgramme = z.strictObject({
  policy: z.literal('loyalty'),
  version: z.int().positive(),
  points: z.strictObject({
    perUnit: z
      .partialRecord(currency, z.strictObject({ points: z.int().positive(), amountMinor: z.int().positive() }))
      .describe('By currency: so many points for each whole amountMinor of what remains of an order'),
    expireAfterDays: days,
  }),
  tiers: z
    .array(z.strictObject({ tier, fromPoints: z.int().positive() }))
    .describe('Rising by fromPoints; below the first: none'),
  window: z.strictObject({ days }),
  review: z.strictObject({ everyDays: days }),
});
export type LoyaltyProgramme = z.infer<typeof loyaltyProgramme>;

/** How satisfaction is scored. */
export const satisfactionPolicy = z.strictObject({
  policy: z.literal('satisfaction'),
  version: z.int().positive(),
  weights: z.strictObject({
    csat: z.number().nonnegative(),
    nps: z.number().nonnegative(),
    ces: z.number().nonnegative(),
    followUp: z.number().nonnegative(),
    complaint: z.number().nonnegative(),
  }),
  halfLifeDays: days,
  bands: z.strictObject({ high: z.int().min(0).max(100), middle: z.int().min(0).max(100) }),
});
export type SatisfactionPolicy = z.infer<typeof satisfactionPolicy>;

export const policyDocument = z.discriminatedUnion('policy', [lifecyclePolicy, loyaltyProgramme, satisfactionPolicy]);
export type PolicyDocument = z.infer<typeof policyDocument>;
export type PolicyName = PolicyDocument['policy'];

export const policyPublished = defineEvent({
  type: 'PolicyPublished',
  owner: 'analytics',
  nature: 'knowledge',
  summary: 'A version of a policy, and from when it holds',
  data: z.strictObject({
    effectiveFrom: instant.nullable().describe('null: it has always held'),
    document: policyDocument,
  }),
});
