import { z } from 'zod';
import { channel, factId, longText, shortText, source, surveyKind } from '../common.ts';
import { wholeNumber } from '../text.ts';
import { factCustomer, occurredAt } from './common.ts';

/** A customer is asked how satisfied they are. */
export const surveyBody = z
  .strictObject({
    source,
    invitationId: factId,
    kind: surveyKind,
    customer: factCustomer,
    channel,
    department: shortText.optional(),
    productId: factId.optional(),
    sentAt: occurredAt.describe('When the invitation went out'),
  })
  .meta({ id: 'Survey', description: '满意度调查: a customer is asked' });
export type SurveyBody = z.infer<typeof surveyBody>;

/** The one answer to an invitation. */
export const surveyResponseBody = z
  .strictObject({
    source,
    invitationId: factId,
    answeredAt: occurredAt.describe('When the customer answered'),
    score: wholeNumber({ min: 0, max: 10 }).describe('CSAT 1 to 5, NPS 0 to 10, CES 1 to 7 (7 easy)'),
    comment: longText.optional(),
  })
  .meta({ id: 'SurveyResponse', description: 'The one answer to an invitation' });
export type SurveyResponseBody = z.infer<typeof surveyResponseBody>;
