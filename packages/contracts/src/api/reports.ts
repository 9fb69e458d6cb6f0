import { z } from 'zod';
import { currency, instant, stage, tier } from '../common.ts';
import { instantParameter } from '../instant.ts';
import { asOfQuery } from './common.ts';

const count = z.int().nonnegative();
const minor = z.int();

const period = {
  from: instantParameter.optional().describe('Inclusive; from the beginning if left out'),
  to: instantParameter.optional().describe('Exclusive; to the end if left out'),
};
const answeredPeriod = { from: instant.nullable(), to: instant.nullable() };

export const salesQuery = asOfQuery.extend(period);

export const salesOfCurrency = z
  .strictObject({
    currency,
    orders: count.describe('Purchases, those of total 0 too'),
    refunds: count.describe('Refunds, matched or not'),
    lines: count,
    refundLines: count,
    anonymousLines: count.describe('Lines of both without a customer'),
    grossMinor: minor,
    refundedMinor: minor,
    netMinor: minor,
    buyers: count.describe('Customers with a purchase'),
    customers: count.describe('Customers with a purchase or a refund'),
  })
  .meta({ id: 'SalesOfCurrency', description: 'Sales in one currency' });

/** Sales by currency. */
export const salesReport = z
  .strictObject({ ...answeredPeriod, items: z.array(salesOfCurrency) })
  .meta({ id: 'SalesReport', description: 'Sales by currency, in a period' });
export type SalesReport = z.infer<typeof salesReport>;

/** What of a report is wanted, divided by commas; as it is checked, a list. */
function partsOf<const Part extends string>(parts: readonly [Part, ...Part[]]) {
  return z
    .preprocess(
      (value) => (typeof value === 'string' ? value.split(',') : value),
      z.array(z.enum(parts)).min(1).max(parts.length),
    )
    .optional()
    .describe(`What to answer, divided by commas, of ${parts.join(', ')}; all of it if left out`);
}

export const lifecycleQuery = asOfQuery.extend({
  ...period,
  parts: partsOf(['counts', 'flows', 'timeInStage']),
});

/** How many customers are in which stage, who moved where in the period, and how long they stayed. */
export const lifecycleReport = z
  .strictObject({
    ...answeredPeriod,
    counts: z.record(stage, count).optional().describe('Customers by stage at the end of the period'),
    flows: z
      .array(z.strictObject({ from: stage, to: stage, customers: count }))
      .optional()
      .describe('Transitions in the period'),
    timeInStage: z
      .array(
        z.strictObject({
          stage,
          left: count.describe('Stays that ended in the period'),
          medianDays: z.number().nonnegative().nullable(),
          meanDays: z.number().nonnegative().nullable(),
        }),
      )
      .optional()
      .describe('Of the stays that ended in the period'),
  })
  .meta({ id: 'LifecycleReport', description: '生命周期: counts, flows, time in stage' });
export type LifecycleReport = z.infer<typeof lifecycleReport>;

export const tiersQuery = asOfQuery.extend({ parts: partsOf(['counts', 'balance']) });

/** How customers are spread over the tiers. */
export const tiersReport = z
  .strictObject({
    counts: z.record(tier, count).optional().describe('Customers by tier, none included'),
    balance: z
      .int()
      .nullable()
      .optional()
      .describe('Points of all customers; null as of another instant, where there are too many customers to fold'),
  })
  .meta({ id: 'TiersReport', description: '会员等级: customers by tier' });
export type TiersReport = z.infer<typeof tiersReport>;

export const satisfactionQuery = asOfQuery.extend({
  ...period,
  by: z.enum(['channel', 'department', 'product']).optional(),
  interval: z.enum(['day', 'week', 'month']).optional().describe("Calendar in the service's zone; weeks by ISO 8601"),
});

const score = (what: string) =>
  z.strictObject({ answers: count, score: z.number().nullable().describe(`${what}; null without answers`) });

export const satisfactionItem = z.strictObject({
  group: z.string().nullable().optional().describe('Value of what `by` names; null: the answers name none'),
  interval: z.string().optional().describe('2011-02-14, 2011-W07 or 2011-02'),
  csat: score('% of 4 and 5'),
  nps: score('% of 9 and 10 less % of 0 to 6'),
  ces: score('Mean'),
});

/** CSAT, NPS and CES over time and by group. */
export const satisfactionReport = z
  .strictObject({ ...answeredPeriod, items: z.array(satisfactionItem) })
  .meta({ id: 'SatisfactionReport', description: '满意度: CSAT, NPS and CES' });
export type SatisfactionReport = z.infer<typeof satisfactionReport>;
