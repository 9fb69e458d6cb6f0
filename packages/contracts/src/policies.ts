import { z } from 'zod';
import { currency, instant, shortText, tier } from './common.ts';
import { defineEvent } from './define-event.ts';

const days = z.int().positive().max(36_500);

const purchaseDays = z.int().min(2).max(3_650);
const version = z.int().positive().describe('One more than that of the version before');

/** When a customer is in which stage. Days are dates for purchase days, else 24 h. */
export const lifecyclePolicy = z.strictObject({
  policy: z.literal('lifecycle'),
  version,
  stages: z.strictObject({
    new: z.strictObject({ orders: z.literal(1).describe('Counted orders 计入订单') }).describe('新客户'),
    active: z
      .strictObject({ purchaseDays: purchaseDays.describe('Purchase days 购买日, from the first order on') })
      .describe('活跃客户'),
    loyal: z
      .strictObject({
        purchaseDays: purchaseDays.describe('So many purchase days 购买日'),
        withinDates: days.describe('within so many dates, the last purchase day included'),
      })
      .describe('忠诚客户'),
    'at-risk': z
      .strictObject({ silentDays: days.describe('Days of 24 h since the last counted order') })
      .describe('衰退客户'),
    churned: z
      .strictObject({ silentDays: days.describe('Days of 24 h since the last counted order') })
      .describe('流失客户'),
  }),
});
export type LifecyclePolicy = z.infer<typeof lifecyclePolicy>;

/** How points are earned and what tier they reach. */
export const loyaltyProgramme = z.strictObject({
  policy: z.literal('loyalty'),
  version,
  points: z.strictObject({
    perUnit: z
      .partialRecord(
        currency,
        z.strictObject({ points: z.int().positive().max(10_000), amountMinor: z.int().positive() }),
      )
      .describe('积分: by currency, so many points for each whole amountMinor of what remains of an order'),
    expireAfterDays: days.describe('From when they were earned'),
  }),
  tiers: z
    .array(z.strictObject({ tier, fromPoints: z.int().positive().describe('Net points in the window') }))
    .max(20)
    .describe('会员等级, rising by fromPoints; below the first: none'),
  window: z.strictObject({ days }).describe('How far back points count for a tier'),
  review: z.strictObject({ everyDays: days }).describe('等级复核: when a tier is looked at again'),
});
export type LoyaltyProgramme = z.infer<typeof loyaltyProgramme>;

const weight = z.number().nonnegative().max(1_000);
const score = z.int().min(0).max(100);

/** How satisfaction is scored. */
export const satisfactionPolicy = z.strictObject({
  policy: z.literal('satisfaction'),
  version,
  weights: z
    .strictObject({
      csat: weight.describe('An answer about satisfaction 满意度'),
      nps: weight.describe('An answer about recommendation 推荐意愿'),
      ces: weight.describe('An answer about effort 费力度'),
      followUp: weight.describe('What was said at a follow-up 回访'),
      complaint: weight.describe('A complaint 投诉 that was not followed up'),
    })
    .describe('How much each item counts beside the others'),
  halfLifeDays: days.describe('An item that is older by so much counts half'),
  bands: z.strictObject({ high: score, middle: score }).describe('Scores from which on a customer is in the band'),
});
export type SatisfactionPolicy = z.infer<typeof satisfactionPolicy>;

const modelStage = z.strictObject({
  stage: shortText.describe('What it is called'),
  purchaseDays: z.int().positive().max(3_650).optional().describe('Reached with so many purchase days 购买日'),
  withinDates: days.optional().describe('within so many dates, the last purchase day included; else ever'),
  silentDays: days.optional().describe('Reached when the last counted order is so many days of 24 h ago'),
});

/** Another lifecycle, beside the one that customers are shown in. */
export const lifecycleModel = z.strictObject({
  policy: z.literal('lifecycle-model'),
  version,
  model: shortText.describe('What the model is called'),
  stages: z
    .array(modelStage)
    .min(2)
    .max(20)
    .describe(
      'The first is that of everybody; then those that orders lead to, rising; then those that silence leads to. An order after a silence begins anew with the highest stage whose purchase days are met.',
    ),
});
export type LifecycleModel = z.infer<typeof lifecycleModel>;

export const policyDocument = z.discriminatedUnion('policy', [
  lifecyclePolicy,
  loyaltyProgramme,
  satisfactionPolicy,
  lifecycleModel,
]);
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
