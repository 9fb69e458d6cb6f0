import { z } from 'zod';
import { customerRef, entityId, factId, instant, source } from '../common.ts';
import { attributeValue, contactPointKind, customerKind, informationSource } from '../events/profile.ts';
import { noNul, text } from '../text.ts';
import { occurredAt } from './common.ts';

/** The name of an attribute; no dots, so that it can stand in a dot path. */
export const attributeName = text({
  min: 1,
  max: 63,
  pattern: /^[a-z][A-Za-z0-9-]*$/,
  error: 'must match [a-z][A-Za-z0-9-]{0,62}',
});

const observed = {
  source: informationSource.describe('信息来源'),
  observedAt: instant.describe('When it was so; the value observed last holds'),
};

/** One observation of an attribute. */
export const attributeInput = z
  .strictObject({ value: attributeValue, ...observed })
  .meta({ id: 'AttributeInput', description: 'A value, where it comes from, and when it was observed' });
export type AttributeInput = z.infer<typeof attributeInput>;

export const contactPointInput = z
  .strictObject({
    kind: contactPointKind,
    value: text({ min: 1, max: 500, ...noNul }),
    verified: z.boolean().optional().describe('false if left out'),
    ...observed,
  })
  .meta({ id: 'ContactPointInput', description: '联系方式: a way to reach the customer' });
export type ContactPointInput = z.infer<typeof contactPointInput>;

const maxAttributes = 200;
const atMost = (count: number) => (record: object) => Object.keys(record).length <= count;
const tooMany = `must hold at most ${maxAttributes} attributes`;

/** Registers a person or an organisation under a key; completes one that a fact has registered. */
export const customerBody = z
  .strictObject({
    customer: customerRef,
    kind: customerKind,
    occurredAt: occurredAt.optional().describe('When they registered; now if left out'),
    attributes: z.record(attributeName, attributeInput).refine(atMost(maxAttributes), tooMany).optional(),
    contactPoints: z.array(contactPointInput).max(50).optional(),
  })
  .meta({ id: 'Customer', description: '客户: a person or an organisation' });
export type CustomerBody = z.infer<typeof customerBody>;

/** Changes what is known of a customer. */
export const customerPatchBody = z
  .strictObject({
    occurredAt: occurredAt.optional().describe('When it changed; now if left out'),
    attributes: z
      .record(attributeName, attributeInput.extend({ value: attributeValue.nullable().describe('null takes it away') }))
      .refine(atMost(maxAttributes), tooMany)
      .optional(),
    contactPoints: z
      .strictObject({
        add: z.array(contactPointInput).max(50).optional(),
        verify: z.array(entityId).max(50).optional().describe('Their ids in the customer view'),
        remove: z.array(entityId).max(50).optional().describe('Their ids in the customer view'),
      })
      .optional(),
    keyAccount: z.boolean().optional().describe('重点客户: by hand'),
  })
  .meta({ id: 'CustomerChange', description: 'Attributes, contact points and the mark of a key account' });
export type CustomerPatchBody = z.infer<typeof customerPatchBody>;

/** Says that another key is the same customer. */
export const customerLinkBody = z
  .strictObject({ customer: customerRef })
  .meta({ id: 'CustomerLink', description: 'Another key of the same customer' });
export type CustomerLinkBody = z.infer<typeof customerLinkBody>;

export const customerKeyParams = z.strictObject({ source, key: factId });
