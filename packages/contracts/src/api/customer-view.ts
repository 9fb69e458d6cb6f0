import { z } from 'zod';
import { entityId, instant, money, source, stage, tier } from '../common.ts';
import {
  attributeCategory,
  attributeValue,
  contactPointKind,
  customerKind,
  informationSource,
} from '../events/profile.ts';
import { asOfQuery, listQuery, position } from './common.ts';
import { attributeName } from './customers.ts';

/** 客户分类 */
export const customerClass = z.enum(['potential', 'existing', 'key']);

/** High, middle or low satisfaction, by the policy's bands. */
export const satisfactionBand = z.enum(['high', 'middle', 'low']);

export const attributeView = z.strictObject({
  value: attributeValue.nullable().describe('null: erased'),
  category: attributeCategory,
  source: informationSource,
  observedAt: instant,
});

export const contactPointView = z.strictObject({
  id: entityId,
  kind: contactPointKind,
  value: z.string().nullable().describe('null: erased'),
  verified: z.boolean(),
});

const count = z.int().nonnegative();

/** Everything about one customer at one position. */
export const customerView = z
  .strictObject({
    id: entityId,
    aliases: z.array(entityId).describe('Other ids of the same customer'),
    keys: z.array(z.strictObject({ source, key: z.string().nullable() })).describe('How publishers know them'),
    kind: customerKind.nullable().describe('null: nobody registered them, a fact did'),
    class: customerClass,
    attributes: z.record(attributeName, attributeView),
    contactPoints: z.array(contactPointView),
    customerSince: instant,
    stage,
    stageSince: instant,
    tier,
    tierSince: instant.nullable(),
    points: z.int().describe('Balance of the loyalty programme; negative: a debt'),
    satisfaction: z.int().min(0).max(100).nullable().describe('null: they never said'),
    satisfactionBand: satisfactionBand.nullable(),
    lastPurchaseAt: instant.nullable().describe('Of the last counted order'),
    recency: count.nullable().describe('Whole days since lastPurchaseAt'),
    frequency: count.describe('Counted orders'),
    purchaseDays: count.describe('Days with a counted order'),
    spend: z.array(money).describe('By currency: purchases less all refunds'),
    openComplaints: count,
    openFollowUps: count,
    contacts: count,
    lastContactAt: instant.nullable(),
    segments: z.array(z.string()),
    quality: z.number().nullable(),
    position,
  })
  .meta({ id: 'CustomerView', description: '统一客户视图: everything about one customer' });
export type CustomerView = z.infer<typeof customerView>;

/** A list of customers; any field of the view may stand beside it as a filter. */
export const customerListQuery = listQuery.extend(asOfQuery.shape);

/** Something that happened, in a customer's timeline. */
export const timelineItem = z
  .strictObject({
    id: entityId,
    type: z.string().describe('Type of the event'),
    occurredAt: instant,
    recordedAt: instant,
    customerId: entityId.nullable().describe('The id it was recorded under; null: anonymous, and claimed since'),
    data: z.record(z.string(), z.unknown()),
    personal: z.record(z.string(), z.unknown()).optional(),
    position,
  })
  .meta({ id: 'TimelineItem', description: 'Something that happened' });
export type TimelineItem = z.infer<typeof timelineItem>;

/** The timeline, newest first. */
export const timelineQuery = listQuery
  .omit({ sort: true, filter: true })
  .extend({ ...asOfQuery.shape, type: z.string().min(1).max(500).optional().describe('Types, divided by commas') });
