import {
  lifecycleQuery,
  lifecycleReport,
  salesQuery,
  salesReport,
  satisfactionQuery,
  satisfactionReport,
  tiersQuery,
  tiersReport,
} from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import type { Filter } from '@tenure/read-store';
import {
  type AsOf,
  defineRoute,
  Problem,
  type Route,
  readAsOf,
  readPolicies,
  type ServiceContext,
} from '@tenure/runtime';
import type { StageHistory } from '../projections/stage-histories.ts';
import type { SurveyAnswer } from '../projections/survey-answers.ts';
import { LifecycleTally } from '../reports/lifecycle.ts';
import { lifecycleAsOf } from '../reports/lifecycle-as-of.ts';
import { sumSales } from '../reports/sales.ts';
import { SatisfactionTally } from '../reports/satisfaction.ts';
import { tiersAsOf, tiersInForce } from '../reports/tiers-as-of.ts';

const common = {
  method: 'GET',
  tags: ['analytics'],
  scopes: ['analytics:read'],
  limits: { bodyBytes: 0, timeoutMs: 9_000, concurrency: 4 },
  awaitsPosition: true,
} as const;

/** Sales, lifecycle, tiers and satisfaction over all customers. */
export function reportRoutes(context: ServiceContext): readonly Route[] {
  const { clock, views, zone } = context;
  return [
    defineRoute({
      ...common,
      path: '/v1/analytics/sales',
      operationId: 'getSales',
      summary: 'Sales by currency, in a period',
      query: salesQuery,
      responses: { 200: { description: 'Sales by currency', schema: salesReport } },
      problems: ['in-the-future'],
      handler: async ({ query, signal }) => {
        const period = periodOf(query);
        const { asOf = clock.now(), knownAt } = readAsOf(query, clock);
        const items = await sumSales(context, { ...period.bounds, asOf, knownAt }, signal);
        return { status: 200, body: { ...period.said, items: [...items] } };
      },
    }),
    defineRoute({
      ...common,
      path: '/v1/analytics/lifecycle',
      operationId: 'getLifecycle',
      summary: 'How many customers are in which stage, who moved where, and how long they stayed',
      query: lifecycleQuery,
      responses: { 200: { description: 'Counts, flows, time in stage', schema: lifecycleReport } },
      problems: ['as-of-unsupported', 'in-the-future', 'views-unavailable'],
      handler: async ({ query, signal }) => {
        const { bounds, said } = periodOf(query);
        const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = bounds;
        const { parts = ['counts', 'flows', 'timeInStage'] } = query;
        if (query.asOf !== undefined || query.knownAt !== undefined || !hasMoves(parts)) {
          const { asOf = clock.now(), knownAt } = readAsOf(query, clock);
          const wanted = { from, to, withMoves: hasMoves(parts) };
          const report = await lifecycleAsOf(context, { asOf, knownAt }, wanted, signal);
          return { status: 200, body: { ...said, ...picked(report, parts) } };
        }
        const tally = new LifecycleTally(from, to);
        for await (const page of views.current().stream<StageHistory>('stage-histories')) {
          signal.throwIfAborted();
          for (const history of page) tally.add(history);
        }
        return { status: 200, body: { ...said, ...picked(tally.report(), parts) } };
      },
    }),
    defineRoute({
      ...common,
      path: '/v1/analytics/tiers',
      operationId: 'getTiers',
      summary: 'How customers are spread over the tiers',
      query: tiersQuery,
      responses: { 200: { description: 'Customers by tier', schema: tiersReport } },
      problems: ['as-of-unsupported', 'in-the-future', 'views-unavailable'],
      handler: async ({ query, signal }) => {
        const { parts = ['counts', 'balance'] } = query;
        if (query.asOf !== undefined || query.knownAt !== undefined) {
          const { asOf = clock.now(), knownAt } = readAsOf(query, clock);
          const report = await tiersAsOf(
            context,
            { asOf, knownAt },
            { withBalance: parts.includes('balance') },
            signal,
          );
          return { status: 200, body: picked(report, parts) };
        }
        const tiers = tiersInForce(await readPolicies(context.store), clock.now());
        const pipeline = [{ $group: { _id: '$tier', customers: { $sum: 1 }, balance: { $sum: '$points' } } }];
        const groups = await views
          .current()
          .aggregate<{ _id: string; customers: number; balance: number }>('customers', pipeline);
        const counts = Object.fromEntries(tiers.map((tier) => [tier, 0]));
        for (const { _id, customers } of groups) counts[_id] = customers;
        const balance = groups.reduce((sum, group) => sum + group.balance, 0);
        return { status: 200, body: picked({ counts, balance }, parts) };
      },
    }),
    defineRoute({
      ...common,
      path: '/v1/analytics/satisfaction',
      operationId: 'getSatisfaction',
      summary: 'CSAT, NPS and CES over time and by group',
      query: satisfactionQuery,
      responses: { 200: { description: 'CSAT, NPS and CES', schema: satisfactionReport } },
      problems: ['in-the-future'],
      handler: async ({ query, signal }) => {
        const { bounds, said } = periodOf(query);
        const { asOf, knownAt } = readAsOf(query, clock);
        const tally = new SatisfactionTally(query.by, query.interval, zone);
        const filter = periodFilter(bounds, { asOf, knownAt });
        for await (const page of views.current().stream<SurveyAnswer>('survey-answers', { filter })) {
          signal.throwIfAborted();
          for (const answer of page) tally.add(answer);
        }
        return { status: 200, body: { ...said, items: [...tally.items()] } };
      },
    }),
  ];
}

/** Whether it takes every move of the period. */
function hasMoves(parts: readonly string[]): boolean {
  return parts.includes('flows') || parts.includes('timeInStage');
}

function picked<R extends object>(report: R, parts: readonly string[]): Partial<R> {
  return Object.fromEntries(Object.entries(report).filter(([part]) => parts.includes(part))) as Partial<R>;
}

interface Period {
  readonly bounds: { readonly from: number | undefined; readonly to: number | undefined };
  readonly said: { readonly from: string | null; readonly to: string | null };
}

function periodOf({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }): Period {
  const bounds = {
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
  };
  if (bounds.from !== undefined && bounds.to !== undefined && bounds.from > bounds.to) {
    throw new Problem('invalid', 'The period ends before it begins', {
      errors: [{ pointer: '/to', detail: `is before ${isoInstant(bounds.from)}` }],
    });
  }
  return { bounds, said: { from: from ?? null, to: to ?? null } };
}

function periodFilter({ from, to }: Period['bounds'], { asOf, knownAt }: AsOf): Filter {
  const bounds: Filter[] = [];
  if (asOf !== undefined) bounds.push({ at: { $lte: asOf } });
  if (knownAt !== undefined) bounds.push({ recordedAt: { $lte: knownAt } });
  if (from !== undefined) bounds.push({ at: { $gte: from } });
  if (to !== undefined) bounds.push({ at: { $lt: to } });
  return bounds.length === 0 ? {} : { $and: bounds };
}
