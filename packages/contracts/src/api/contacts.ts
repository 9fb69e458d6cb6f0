import { z } from 'zod';
import { channel, factId, instant, longText, shortText, source } from '../common.ts';
import { contactKind } from '../events/interaction.ts';
import { wholeNumber } from '../text.ts';
import { factCustomer, occurredAt } from './common.ts';

/** A customer and the business spoke. */
export const contactBody = z
  .strictObject({
    source,
    contactId: factId,
    occurredAt,
    customer: factCustomer,
    channel,
    direction: z.enum(['in', 'out']).describe('in: the customer began'),
    kind: contactKind,
    inReplyTo: factId.optional().describe('The contact this one answers, by its id in the same source'),
    department: shortText.optional(),
    subject: shortText.optional(),
    text: longText.optional(),
  })
  .meta({ id: 'Contact', description: '沟通: a contact on one of nine channels' });
export type ContactBody = z.infer<typeof contactBody>;

/** A follow-up visit is planned. */
export const followUpBody = z
  .strictObject({
    source,
    followUpId: factId,
    occurredAt: occurredAt.describe('When it was planned'),
    customer: factCustomer,
    channel,
    dueAt: instant.describe('Missed when not done by then'),
    department: shortText.optional(),
    purpose: longText.optional(),
  })
  .meta({ id: 'FollowUp', description: '回访: a follow-up visit is planned' });
export type FollowUpBody = z.infer<typeof followUpBody>;

/** A follow-up visit gets another due date. */
export const followUpMoveBody = z
  .strictObject({ occurredAt: occurredAt.optional(), dueAt: instant })
  .meta({ id: 'FollowUpMove', description: 'A follow-up visit gets another due date' });
export type FollowUpMoveBody = z.infer<typeof followUpMoveBody>;

/** 1 very dissatisfied to 5 very satisfied. */
export const satisfactionScore = wholeNumber({ min: 1, max: 5 }).describe('1 very dissatisfied to 5 very satisfied');

/** A follow-up visit took place. */
export const followUpDoneBody = z
  .strictObject({
    occurredAt: occurredAt.optional(),
    outcome: longText.optional(),
    satisfaction: satisfactionScore.optional(),
  })
  .meta({ id: 'FollowUpDone', description: 'A follow-up visit took place' });
export type FollowUpDoneBody = z.infer<typeof followUpDoneBody>;
