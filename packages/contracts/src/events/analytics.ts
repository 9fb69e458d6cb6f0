import { z } from 'zod';
import { factRef, instant, stage } from '../common.ts';
import { defineEvent } from '../define-event.ts';

const stageReason = z.enum([
  'first-order',
  'second-purchase-day',
  'frequency',
  'returned',
  'silent',
  'won-back',
  'refunded',
  'policy',
]);

export const stageStep = z.strictObject({
  from: stage,
  to: stage,
  at: instant,
  reason: stageReason,
  cause: factRef.nullable().describe('The fact that led to it; null when time alone did'),
  policyVersion: z.int().positive(),
});
export type StageStep = z.infer<typeof stageStep>;

export const stageChanged = defineEvent({
  type: 'StageChanged',
  owner: 'analytics',
  nature: 'derivation',
  summary: 'The customer entered another stage of the lifecycle',
  data: stageStep,
});

export const stageRestated = defineEvent({
  type: 'StageRestated',
  owner: 'analytics',
  nature: 'derivation',
  summary: 'A late fact changed the past: from validFrom on these steps hold instead of what was recorded',
  data: z.strictObject({
    validFrom: instant,
    timeline: z.array(stageStep),
    cause: factRef.nullable(),
    policyVersion: z.int().positive(),
  }),
});
