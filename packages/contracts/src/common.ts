import { z } from 'zod';
import { noNul, text, wholeNumber } from './text.ts';

export { instant } from './instant.ts';

/** The name of a publisher or of a key's name space. */
export const source = text({
  min: 1,
  max: 63,
  pattern: /^[a-z0-9][a-z0-9-]*$/,
  error: 'must match [a-z0-9][a-z0-9-]{0,62}',
});

// Control characters are Unicode's category Cc, spelt out: JSON Schema knows no \p, and it is six times as fast.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it refuses
const printable = /^[^\u0000-\u001f\u007f-\u009f]+$/;

/** An id that a publisher gave to a fact; must not be personal data. */
export const factId = text({ min: 1, max: 200, pattern: printable, error: 'must not hold control characters' });

/** An id made by Tenure: 32 hex digits. */
export const entityId = text({ min: 32, max: 32, pattern: /^[0-9a-f]+$/, error: 'must be 32 lower-case hex digits' });

/** An ISO 4217 code. */
export const currency = z
  .enum(Intl.supportedValuesOf('currency'), { error: 'must be an ISO 4217 currency code such as GBP' })
  .meta({ id: 'Currency', description: 'An ISO 4217 code' });

/** An amount in the currency's minor unit; integers only, so that money is never a float. */
export const amountMinor = wholeNumber();

export const money = z
  .strictObject({ amountMinor, currency })
  .meta({ id: 'Money', description: 'An amount in the minor unit of its currency' });
export type Money = z.infer<typeof money>;

/** How a publisher knows a customer. */
export const customerRef = z
  .strictObject({ source, key: factId })
  .meta({ id: 'CustomerRef', description: 'How a publisher knows a customer' });
export type CustomerRef = z.infer<typeof customerRef>;

/** 沟通渠道 */
export const channel = z.enum(['phone', 'email', 'sms', 'web', 'social', 'live-chat', 'bot', 'face-to-face', 'form']);
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

export const shortText = text({ min: 1, max: 200, ...noNul });
export const longText = text({ min: 1, max: 20_000, ...noNul });
