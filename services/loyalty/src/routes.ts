import { asOfQuery, entityId, loyaltyView } from '@tenure/contracts';
import { type CustomerState, calendarOf, dayMs, derive, inForce, isoInstant } from '@tenure/domain';
import { defineRoute, Problem, type Route, readAsOf, readPolicies, type ServiceContext } from '@tenure/runtime';
import { factsOfHistory, readHistory } from '@tenure/runtime/views';
import { z } from 'zod';

/** Lots that expire within this time are listed as expiring. */
const soonMs = 90 * dayMs;

type LoyaltyView = z.output<typeof loyaltyView>;

/** Where a customer stands in the programme, folded from the log: what it says is what the log says. */
export function loyaltyRoutes(context: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/loyalty/{customerId}',
      operationId: 'getLoyalty',
      summary: 'Tier, balance and lots of a customer',
      tags: ['loyalty'],
      scopes: ['loyalty:read'],
      limits: { bodyBytes: 0, timeoutMs: 8_000 },
      params: z.strictObject({ customerId: entityId }),
      query: asOfQuery,
      responses: { 200: { description: 'The account', schema: loyaltyView } },
      problems: ['not-found', 'in-the-future'],
      awaitsPosition: true,
      handler: async ({ params, query }) => {
        const { asOf, knownAt } = readAsOf(query, context.clock);
        const until = asOf ?? context.clock.now();
        const known = knownAt === undefined ? {} : { knownAt };
        const history = await readHistory(context.store, params.customerId, known);
        const policies = await readPolicies(context.store, known);
        const programme = inForce(policies.loyalty, until);
        const facts = history === undefined ? [] : factsOfHistory(history);
        const state = derive(facts, policies, calendarOf(context.zone), until);
        if (history === undefined || state === undefined || programme === undefined) {
          throw new Problem('not-found', `There is no account of ${params.customerId} by then`);
        }
        const position = history.events.findLast((event) => event.occurredAt <= until)?.position ?? '';
        return { status: 200, body: viewOf(state, history.canonicalId, position, programme.version) };
      },
    }),
  ];
}

function viewOf(
  { account, until }: CustomerState,
  customerId: string,
  position: string,
  policyVersion: number,
): LoyaltyView {
  const lots = account.lots.filter(({ remaining }) => remaining > 0);
  const { reviewAt, tierSince } = account;
  return {
    customerId,
    tier: account.tier,
    tierSince: tierSince === null ? null : isoInstant(tierSince),
    reviewAt: reviewAt === undefined ? null : isoInstant(reviewAt),
    qualifyingPoints: account.netPoints(until),
    balance: account.balance,
    debt: account.debt,
    lots: lots.map(({ source, orderId, earnedAt, expiresAt, points, remaining }) => ({
      source,
      orderId,
      earnedAt: isoInstant(earnedAt),
      expiresAt: isoInstant(expiresAt),
      points,
      remaining,
    })),
    pending: 0,
    expiring: lots
      .filter(({ expiresAt }) => expiresAt <= until + soonMs)
      .map(({ expiresAt, remaining }) => ({ at: isoInstant(expiresAt), points: remaining })),
    policyVersion,
    position,
  };
}
