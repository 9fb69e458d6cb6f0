import { z } from 'zod';
import { factId, factRef, instant, source, tier } from '../common.ts';
import { defineEvent } from '../define-event.ts';

const policyVersion = z.int().positive();
const cause = factRef.nullable().describe('The fact that led to it; null when time alone did');

export const pointsEarned = defineEvent({
  type: 'PointsEarned',
  owner: 'loyalty',
  nature: 'derivation',
  summary: 'A purchase earned points, in a lot of its own',
  data: z.strictObject({
    source,
    orderId: factId,
    points: z.int().positive(),
    expiresAt: instant,
    policyVersion,
  }),
});

export const pointsTakenBack = defineEvent({
  type: 'PointsTakenBack',
  owner: 'loyalty',
  nature: 'derivation',
  summary: 'A refund took points back',
  data: z.strictObject({ source, refundId: factId, points: z.int().positive(), policyVersion }),
});

export const pointsExpired = defineEvent({
  type: 'PointsExpired',
  owner: 'loyalty',
  nature: 'derivation',
  summary: 'What was left of a lot expired',
  data: z.strictObject({ source, orderId: factId, points: z.int().positive(), policyVersion }),
});

const tierStep = z.strictObject({
  from: tier,
  to: tier,
  at: instant,
  reason: z.enum(['earned', 'taken-back', 'review']),
  cause,
  policyVersion,
});

export const tierChanged = defineEvent({
  type: 'TierChanged',
  owner: 'loyalty',
  nature: 'derivation',
  summary: 'The customer reached another tier, lost one, or kept theirs at a review (from equals to)',
  data: tierStep,
});

export const loyaltyRestated = defineEvent({
  type: 'LoyaltyRestated',
  owner: 'loyalty',
  nature: 'derivation',
  summary: 'A late fact changed what had been recorded; these entries hold instead',
  data: z.strictObject({
    validFrom: instant,
    points: z
      .array(
        z.strictObject({
          kind: z.enum(['earned', 'taken-back', 'expired']),
          source,
          id: factId.describe('The order, or the refund'),
          at: instant,
          points: z.int().nonnegative().describe('0: the entry no longer stands'),
        }),
      )
      .describe('Entries that are new or differ; all others stand as they were'),
    tiers: z.array(tierStep).nullable().describe('All steps from validFrom on; null if none changed'),
    cause,
    policyVersion,
  }),
});
