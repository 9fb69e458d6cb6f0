import { z } from 'zod';
import { entityId, factId, instant, source, tier } from '../common.ts';
import { position } from './common.ts';

const points = z.int().nonnegative();

export const lotView = z.strictObject({
  source,
  orderId: factId,
  earnedAt: instant,
  expiresAt: instant,
  points: points.describe('What the order earned'),
  remaining: points,
});

/** Where a customer stands in the loyalty programme. */
export const loyaltyView = z
  .strictObject({
    customerId: entityId,
    tier,
    tierSince: instant.nullable(),
    reviewAt: instant.nullable().describe('When the tier is looked at again; null without one'),
    qualifyingPoints: z.int().describe("Net points in the programme's window"),
    balance: z.int().describe('Sum of the lots less the debt'),
    debt: points,
    lots: z.array(lotView).describe('With something left, soonest to expire first'),
    pending: points.describe('Earned and not yet to be spent'),
    expiring: z.array(z.strictObject({ at: instant, points })).describe('Within the next 90 days'),
    policyVersion: z.int().positive(),
    position,
  })
  .meta({ id: 'LoyaltyView', description: '忠诚度: tier, balance and lots' });
export type LoyaltyView = z.infer<typeof loyaltyView>;
