import { z } from 'zod';
import { entityId } from '../common.ts';
import { position } from './common.ts';
import { complaintBody } from './complaints.ts';
import { contactBody, followUpBody } from './contacts.ts';
import { problem } from './problem.ts';
import { purchaseBody, refundBody } from './purchases.ts';
import { surveyBody, surveyResponseBody } from './surveys.ts';

/** Body of each type of fact, by the type that a line of a batch names. */
export const factBodies = {
  purchase: purchaseBody,
  refund: refundBody,
  contact: contactBody,
  'follow-up': followUpBody,
  survey: surveyBody,
  'survey-response': surveyResponseBody,
  complaint: complaintBody,
} as const;
export type FactType = keyof typeof factBodies;
export type FactBody<T extends FactType = FactType> = z.infer<(typeof factBodies)[T]>;

export function isFactType(type: unknown): type is FactType {
  return typeof type === 'string' && Object.hasOwn(factBodies, type);
}

/** A line of a batch: the body of a fact with its type before it. At most 1 MiB. */
export const factLine = z
  .discriminatedUnion('type', [
    purchaseBody.extend({ type: z.literal('purchase') }),
    refundBody.extend({ type: z.literal('refund') }),
    contactBody.extend({ type: z.literal('contact') }),
    followUpBody.extend({ type: z.literal('follow-up') }),
    surveyBody.extend({ type: z.literal('survey') }),
    surveyResponseBody.extend({ type: z.literal('survey-response') }),
    complaintBody.extend({ type: z.literal('complaint') }),
  ])
  .meta({ id: 'FactLine', description: 'A line of a batch: a fact with its type' });
export type FactLine = z.infer<typeof factLine>;

export const batchQuery = z.strictObject({
  session: entityId.optional().describe('The import session that the lines belong to'),
});

/** The answer to one line of a batch, in order, once it is durable. */
export const factResult = z
  .union([
    z.strictObject({
      line: z.int().positive().describe('From 1'),
      status: z.literal([202, 200]),
      id: entityId,
      customerId: entityId.nullable(),
      position,
    }),
    z.strictObject({
      line: z.int().positive().describe('From 1'),
      status: z.literal([400, 409, 413, 422, 503]),
      error: problem,
    }),
  ])
  .meta({ id: 'FactResult', description: 'The answer to one line' });
export type FactResult = z.infer<typeof factResult>;
