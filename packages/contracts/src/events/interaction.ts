import { z } from 'zod';
import { channel, currency, entityId, factId, instant, longText, shortText, source, surveyKind } from '../common.ts';
import { defineEvent } from '../define-event.ts';
import { text, wholeNumber } from '../text.ts';

const contentHash = z.string().describe('Keyed hash of the fields as they were accepted, with the schema version');

// Far above any real line, and so low that the sums of a customer's life stay exact.
const maxQuantity = 1_000_000_000;
const maxLineMinor = 1_000_000_000_000;

/** The most lines that a purchase or a refund may have. */
export const maxLines = 2000;

export const purchaseLine = z.strictObject({
  lineId: factId,
  productId: factId,
  name: shortText.optional(),
  category: shortText.optional(),
  quantity: wholeNumber({ min: -maxQuantity, max: maxQuantity, nonZero: true }),
  unitPrice: text({ min: 1, max: 27, pattern: /^-?\d{1,15}(\.\d{1,10})?$/, error: 'must be a decimal such as "2.55"' })
    .optional()
    .describe('Informative; amountMinor is the truth'),
  amountMinor: wholeNumber({ min: -maxLineMinor, max: maxLineMinor }).describe(
    'In the minor unit; negative: a discount',
  ),
});
export type PurchaseLine = z.infer<typeof purchaseLine>;

export const refundLine = z.strictObject({
  lineId: factId,
  originalLineId: factId.optional(),
  productId: factId,
  quantity: wholeNumber({ min: 1, max: maxQuantity }),
  amountMinor: wholeNumber({ min: 1, max: maxLineMinor }).describe('What goes back'),
});
export type RefundLine = z.infer<typeof refundLine>;

/** Lines of a purchase or a refund; that no line id comes twice is a rule of the domain. */
export const purchaseLines = z.array(purchaseLine).min(1).max(maxLines);
export const refundLines = z.array(refundLine).min(1).max(maxLines);

export const purchaseRecorded = defineEvent({
  type: 'PurchaseRecorded',
  owner: 'interaction',
  nature: 'fact',
  summary: 'A customer, known or not, bought something',
  data: z.strictObject({
    source,
    orderId: factId,
    currency,
    channel: shortText.optional(),
    shop: shortText.optional(),
    campaign: shortText.optional(),
    lines: purchaseLines,
    contentHash,
  }),
});

export const purchaseClaimed = defineEvent({
  type: 'PurchaseClaimed',
  owner: 'interaction',
  nature: 'knowledge',
  summary: 'An anonymous purchase and its refunds found their customer',
  data: z.strictObject({ source, orderId: factId, purchaseStream: z.string() }),
});

export const refundRecorded = defineEvent({
  type: 'RefundRecorded',
  owner: 'interaction',
  nature: 'fact',
  summary: 'Money went back, for a purchase that is named or for none',
  data: z.strictObject({
    source,
    refundId: factId,
    originalOrderId: factId.optional(),
    currency,
    lines: refundLines,
    contentHash,
  }),
  personal: z.strictObject({ reason: shortText.optional() }),
});

export const refundReserved = defineEvent({
  type: 'RefundReserved',
  owner: 'interaction',
  nature: 'knowledge',
  summary: 'The id of a refund is taken by the one that names this purchase',
  data: z.strictObject({ source, refundId: factId, originalOrderId: factId, contentHash }),
});

export const factConflictDetected = defineEvent({
  type: 'FactConflictDetected',
  owner: 'interaction',
  nature: 'knowledge',
  summary: 'A fact came again under its id with other content; the first stands',
  data: z.strictObject({
    kind: z.enum(['purchase', 'refund', 'contact', 'follow-up', 'survey', 'survey-response', 'complaint', 'claim']),
    source,
    id: factId,
    contentHash,
  }),
  personal: z.strictObject({ submitted: z.record(z.string(), z.unknown()) }),
});

export const contactKind = z.enum(['inquiry', 'after-sales', 'complaint', 'suggestion', 'opinion', 'review']);

export const contactRecorded = defineEvent({
  type: 'ContactRecorded',
  owner: 'interaction',
  nature: 'fact',
  summary: 'A customer and the business spoke, in or out, on some channel',
  data: z.strictObject({
    source,
    contactId: factId,
    channel,
    direction: z.enum(['in', 'out']),
    kind: contactKind,
    inReplyTo: factId.optional().describe('The contact this one answers, by its id in the same source'),
    department: shortText.optional(),
    contentHash,
  }),
  personal: z.strictObject({ subject: shortText.optional(), text: longText.optional() }),
});

export const followUpScheduled = defineEvent({
  type: 'FollowUpScheduled',
  owner: 'interaction',
  nature: 'fact',
  summary: 'A follow-up visit was planned; it is missed when not done by its due date',
  data: z.strictObject({
    source,
    followUpId: factId,
    channel,
    dueAt: instant,
    department: shortText.optional(),
    contentHash,
  }),
  personal: z.strictObject({ purpose: longText.optional() }),
});

export const followUpMoved = defineEvent({
  type: 'FollowUpMoved',
  owner: 'interaction',
  nature: 'fact',
  summary: 'A follow-up visit got another due date',
  data: z.strictObject({ dueAt: instant }),
});

export const followUpDone = defineEvent({
  type: 'FollowUpDone',
  owner: 'interaction',
  nature: 'fact',
  summary: 'A follow-up visit took place',
  data: z.strictObject({ satisfaction: z.int().min(1).max(5).optional() }),
  personal: z.strictObject({ outcome: longText.optional() }),
});

export const followUpMissed = defineEvent({
  type: 'FollowUpMissed',
  owner: 'interaction',
  nature: 'fact',
  summary: 'A follow-up visit was not done by its due date',
  data: z.strictObject({ dueAt: instant }),
});

export const surveyInvited = defineEvent({
  type: 'SurveyInvited',
  owner: 'interaction',
  nature: 'fact',
  summary: 'A customer was asked how satisfied they are',
  data: z.strictObject({
    source,
    invitationId: factId,
    kind: surveyKind,
    channel,
    department: shortText.optional(),
    productId: factId.optional(),
    contentHash,
  }),
});

export const surveyAnswered = defineEvent({
  type: 'SurveyAnswered',
  owner: 'interaction',
  nature: 'fact',
  summary: 'A customer answered a survey; CSAT 1 to 5, NPS 0 to 10, CES 1 to 7',
  data: z.strictObject({
    source,
    invitationId: factId,
    kind: surveyKind,
    channel,
    department: shortText.optional(),
    productId: factId.optional(),
    score: z.int().min(0).max(10),
    contentHash,
  }),
  personal: z.strictObject({ comment: longText.optional() }),
});

export const importStarted = defineEvent({
  type: 'ImportStarted',
  owner: 'interaction',
  nature: 'knowledge',
  summary: 'A bulk import began; what is derived for its customers is recorded when it ends',
  data: z.strictObject({ session: entityId, name: shortText }),
});

export const importFinished = defineEvent({
  type: 'ImportFinished',
  owner: 'interaction',
  nature: 'knowledge',
  summary: 'A bulk import ended',
  data: z.strictObject({ session: entityId }),
});
