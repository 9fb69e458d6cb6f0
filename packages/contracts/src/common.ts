import { z } from 'zod';

/** The name of a publisher or of a key's name space. */
export const source = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must match [a-z0-9][a-z0-9-]{0,62}');

/** An id that a publisher gave to a fact; must not be personal data. */
export const factId = z.string().min(1).max(200).regex(/^\P{Cc}+$/u, 'must not hold control characters');

/** An id made by Tenure: 32 hex digits. */
export const entityId = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hex digits');

const maxInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** An instant in RFC 3339 with any offset; becomes the same in UTC, to the millisecond. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 date-time with an offset, such as 2011-01-18T13:15:00Z' })
  .refine((text) => Date.parse(text) >= 0 && Date.parse(text) <= maxInstant, 'must lie between 1970 and 9999')
  .overwrite((text) => {
    const time = Date.parse(text);
    return Number.isNaN(time) ? text : new Date(time).toISOString();
  });

const currencies = new Set(Intl.supportedValuesOf('currency'));

/** An ISO 4217 code. */
export const currency = z
  .string()
  .refine((code) => currencies.has(code), { error: 'must be an ISO 4217 currency code such as GBP' });

/** An amount in the currency's minor unit; integers only, so that money is never a float. */
export const amountMinor = z.int();

export const money = z.strictObject({ amountMinor, currency });
export type Money = z.infer<typeof money>;

/** How a publisher knows a customer. */
export const customerRef = z.strictObject({ source, key: z.string().min(1).max(200) });
export type CustomerRef = z.infer<typeof customerRef>;

/** 沟通渠道 */
export const channel = z.enum([
  'phone',
  'email',
  'sms',
  'web',
  'social',
  'live-chat',
  'bot',
  'face-to-face',
  'form',
]);
export type Channel = z.infer<typeof channel>;

/** 生命周期 */
export const stage = z.enum(['potential', 'new', 'active', 'loyal', 'at-risk', 'churned', 'won-back']);
export type Stage = z.infer<typeof stage>;

/** 会员等级 */
export const tier = z.string().min(1).max(40);

/** 满意度: kinds of survey. */
export const surveyKind = z.enum(['csat', 'nps', 'ces']);
export type SurveyKind = z.infer<typeof surveyKind>;

/** Names a fact in the world: what kind, who published it and under which id. */
export const factRef = z.strictObject({
  kind: z.enum(['purchase', 'refund', 'contact', 'follow-up', 'survey', 'complaint', 'registration', 'attributes']),
  source,
  id: z.string(),
});
export type FactRef = z.infer<typeof factRef>;

export const shortText = z.string().min(1).max(200);
export const longText = z.string().min(1).max(20_000);
