import { z } from 'zod';
import { entityId, instant, stage, tier } from '../common.ts';
import { policyDraft } from '../policy-draft.ts';
import { position } from './common.ts';
import { satisfactionBand } from './customer-view.ts';

const count = z.int().nonnegative();

/** Asks what would be otherwise under a draft. */
export const whatIfBody = z
  .strictObject({
    draft: policyDraft,
    effectiveFrom: instant.optional().describe('As if it held from then on; from the beginning if left out'),
    asOf: instant.optional().describe('The instant in the world that is compared; now if left out'),
    knownAt: instant.optional().describe('What was known by then; now if left out'),
  })
  .meta({ id: 'WhatIf', description: '假设分析: a draft policy to replay history under' });
export type WhatIfBody = z.infer<typeof whatIfBody>;

/** What a customer is under one set of policies. */
const standing = z
  .strictObject({
    stage,
    stageSince: instant,
    tier,
    points: z.int(),
    satisfaction: z.int().min(0).max(100).nullable(),
    satisfactionBand: satisfactionBand.nullable(),
    modelStage: z.string().nullable().describe('In the lifecycle model beside it; null without one'),
  })
  .meta({ id: 'Standing', description: 'What a customer is by the policies' });
export type Standing = z.infer<typeof standing>;

const example = z
  .strictObject({
    customerId: entityId,
    before: standing,
    after: standing,
    links: z
      .strictObject({ why: z.string(), history: z.string(), state: z.string() })
      .describe('Paths: why it is as it is, every event, the state'),
  })
  .meta({ id: 'WhatIfExample', description: 'A customer who would move' });
export type WhatIfExample = z.infer<typeof example>;

const moves = z
  .array(
    z.strictObject({
      from: z.string(),
      to: z.string(),
      customers: count,
      examples: z.array(example).describe('A few of those who move'),
    }),
  )
  .describe('From where to where, those who stay included');

const report = z
  .strictObject({
    stages: z.record(stage, count).describe('Customers by stage'),
    tiers: z.record(tier, count).describe('Customers by tier, none included'),
    satisfactionBands: z.strictObject({ high: count, middle: count, low: count, none: count }),
    points: z.int().describe('The balance of all customers'),
  })
  .meta({ id: 'WhatIfReport', description: 'How the reports look under one set of policies' });

/** Who would move from where to where, and how the reports would look. */
export const whatIfResult = z
  .strictObject({
    customers: count.describe('All who were compared; linked keys count once'),
    moved: count.describe('Those whose stage, tier, band or points would be another'),
    before: report,
    after: report,
    stage: moves,
    tier: moves,
    satisfactionBand: moves,
    modelStage: moves.describe('In the lifecycle model beside it; none: there is no such model'),
    stageByModelStage: z
      .array(z.strictObject({ stage, modelStage: z.string(), customers: count }))
      .describe('The two lifecycles beside each other, under the draft; empty without a model'),
    points: z.strictObject({
      more: count.describe('Customers who would have more'),
      fewer: count,
      moves: moves.describe('By ranges of the balance, such as 500-999'),
    }),
    unreadable: z
      .strictObject({
        customers: count,
        examples: z.array(z.strictObject({ customerId: entityId, reason: z.string() })),
      })
      .describe('Those whose history holds an event that cannot be applied; not among the others'),
  })
  .meta({ id: 'WhatIfResult', description: 'What would be otherwise under the draft' });
export type WhatIfResult = z.infer<typeof whatIfResult>;

export const whatIfView = z
  .strictObject({
    id: entityId,
    status: z.enum(['running', 'done', 'cancelled', 'failed']),
    draft: policyDraft,
    effectiveFrom: instant.nullable().describe('null: from the beginning'),
    asOf: instant,
    knownAt: instant,
    position: position.nullable().describe('All of the log up to here is looked at; null: it is empty'),
    startedAt: instant,
    finishedAt: instant.nullable(),
    progress: z.strictObject({
      done: count.describe('Customers who were folded'),
      total: count.nullable().describe('null while they are being counted'),
      perSecond: z.number().nonnegative(),
      secondsLeft: z.number().nonnegative().nullable(),
    }),
    reason: z.string().nullable().describe('Why it failed'),
    result: whatIfResult.nullable().describe('Once it is done'),
  })
  .meta({ id: 'WhatIfView', description: '假设分析: how far it is, then what it found' });
export type WhatIfView = z.infer<typeof whatIfView>;
