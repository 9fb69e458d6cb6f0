import { asOfQuery, customerState, idParams } from '@tenure/contracts';
import { type CustomerState, calendarOf, derive, isoInstant } from '@tenure/domain';
import { defineRoute, Problem, type Route, readAsOf, readPolicies, type ServiceContext } from '@tenure/runtime';
import { factsOfHistory, readHistory } from '@tenure/runtime/views';

/** What all services make of a customer, as of any instant and of what was known then, folded from the log. */
export function stateRoutes(context: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit/customers/{id}/state',
      operationId: 'getState',
      summary: "All services' state of a customer, as of any instant",
      tags: ['audit'],
      scopes: ['audit:read'],
      limits: { bodyBytes: 0, timeoutMs: 9_000 },
      params: idParams,
      query: asOfQuery,
      responses: { 200: { description: 'The state', schema: customerState } },
      problems: ['not-found', 'in-the-future'],
      awaitsPosition: true,
      handler: async ({ params, query }) => {
        const now = context.clock.now();
        const { asOf = now, knownAt } = readAsOf(query, context.clock);
        const known = knownAt === undefined ? {} : { knownAt };
        const history = await readHistory(context.store, params.id, known);
        const facts = history === undefined ? [] : factsOfHistory(history);
        const state = derive(facts, await readPolicies(context.store, known), calendarOf(context.zone), asOf);
        const last = history?.events.findLast((event) => event.occurredAt <= asOf);
        if (history === undefined || state === undefined || last === undefined) {
          throw new Problem('not-found', `Nothing is known of ${params.id} by then`);
        }
        const [customerId = params.id, ...aliases] = history.ids;
        return {
          status: 200,
          body: {
            customerId,
            aliases,
            asOf: isoInstant(asOf),
            knownAt: isoInstant(knownAt ?? now),
            position: last.position,
            services: servicesOf(state),
          },
        };
      },
    }),
  ];
}

const instantOrNull = (instant: number | null): string | null => (instant === null ? null : isoInstant(instant));

function servicesOf(state: CustomerState): Record<string, Record<string, unknown>> {
  const { account } = state;
  return {
    profile: {
      customerSince: isoInstant(state.customerSince),
      kind: state.kind,
      class: state.class,
      keys: state.keys,
      attributes: Object.fromEntries(
        [...state.attributes].map(([name, attribute]) => [
          name,
          { ...attribute, observedAt: isoInstant(attribute.observedAt) },
        ]),
      ),
      contactPoints: [...state.contactPoints].map(([id, point]) => ({ id, ...point })),
    },
    interaction: {
      spend: [...state.spend].map(([currency, amountMinor]) => ({ amountMinor, currency })),
      frequency: state.frequency,
      purchaseDays: state.purchaseDays,
      lastPurchaseAt: instantOrNull(state.lastPurchaseAt),
      contacts: state.contacts,
      lastContactAt: instantOrNull(state.lastContactAt),
      openFollowUps: state.openFollowUps,
    },
    complaint: { openComplaints: state.openComplaints },
    loyalty: {
      tier: account.tier,
      tierSince: instantOrNull(account.tierSince),
      points: account.balance,
      debt: account.debt,
      lots: account.lots.map(({ source, orderId, earnedAt, expiresAt, points, remaining, expired }) => ({
        source,
        orderId,
        earnedAt: isoInstant(earnedAt),
        expiresAt: isoInstant(expiresAt),
        points,
        remaining,
        expired,
      })),
      tiers: account.tierSteps.map((step) => ({ ...step, at: isoInstant(step.at) })),
    },
    analytics: {
      stage: state.stage,
      stageSince: isoInstant(state.stageSince),
      stages: state.transitions.map((step) => ({ ...step, at: isoInstant(step.at) })),
      satisfaction: state.satisfaction,
      satisfactionBand: state.satisfactionBand,
    },
  };
}
