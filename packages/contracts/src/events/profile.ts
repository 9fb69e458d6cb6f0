import { z } from 'zod';
import { entityId, instant, source } from '../common.ts';
import { defineEvent } from '../define-event.ts';

export const customerKind = z.enum(['person', 'organisation']);

/** 七大类: the seven categories of attribute. */
export const attributeCategory = z.enum(['basic', 'contact', 'status', 'account', 'behaviour', 'service', 'extension']);

/** 信息来源: where a value comes from. */
export const informationSource = z.enum([
  'registration-form',
  'survey',
  'market-research',
  'sales',
  'support',
  'web',
  'social',
  'app',
  'purchase',
  'feedback',
  'operations',
]);

export const attributeValue = z.union([z.string().max(2000), z.number(), z.boolean()]);
export type AttributeValue = z.infer<typeof attributeValue>;

export const contactPointKind = z.enum(['phone', 'email', 'social', 'address']);

export const customerRegistered = defineEvent({
  type: 'CustomerRegistered',
  owner: 'profile',
  nature: 'fact',
  summary: 'A key became a customer: by a fact that named it, or by a registration',
  data: z.strictObject({ source, via: z.enum(['fact', 'registration']) }),
  personal: z.strictObject({ key: z.string() }),
});

export const profileCompleted = defineEvent({
  type: 'ProfileCompleted',
  owner: 'profile',
  nature: 'fact',
  summary: 'A registration said what kind of customer this is',
  data: z.strictObject({
    kind: customerKind,
    contentHash: z.string().describe('Keyed hash of the registration as it was accepted, with the schema version'),
  }),
});

export const attributesChanged = defineEvent({
  type: 'AttributesChanged',
  owner: 'profile',
  nature: 'fact',
  summary: 'Attributes of a customer were observed; the value with the latest observation holds',
  data: z.strictObject({
    changes: z
      .array(
        z.strictObject({
          name: z.string(),
          category: attributeCategory,
          source: informationSource,
          observedAt: instant,
          value: attributeValue.nullable().optional().describe('Absent if personal; null takes the value away'),
        }),
      )
      .min(1),
  }),
  personal: z.strictObject({ values: z.record(z.string(), attributeValue) }),
});

export const contactPointAdded = defineEvent({
  type: 'ContactPointAdded',
  owner: 'profile',
  nature: 'fact',
  summary: 'A way to reach the customer became known',
  data: z.strictObject({
    contactPointId: entityId,
    kind: contactPointKind,
    verified: z.boolean(),
    source: informationSource,
    observedAt: instant,
  }),
  personal: z.strictObject({ value: z.string() }),
});

export const contactPointVerified = defineEvent({
  type: 'ContactPointVerified',
  owner: 'profile',
  nature: 'fact',
  summary: 'A contact point was shown to be theirs',
  data: z.strictObject({ contactPointId: entityId }),
});

export const contactPointRemoved = defineEvent({
  type: 'ContactPointRemoved',
  owner: 'profile',
  nature: 'fact',
  summary: 'A contact point no longer holds',
  data: z.strictObject({ contactPointId: entityId }),
});

export const keyAccountMarked = defineEvent({
  type: 'KeyAccountMarked',
  owner: 'profile',
  nature: 'fact',
  summary: 'Somebody made the customer a key account, or took that back',
  data: z.strictObject({ key: z.boolean() }),
});

export const keyLinked = defineEvent({
  type: 'KeyLinked',
  owner: 'profile',
  nature: 'knowledge',
  summary: 'Two ids are the same customer; the event stands in both their streams',
  data: z.strictObject({ otherCustomerId: entityId }),
});
