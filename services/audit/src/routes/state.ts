import { asOfQuery, customerState, idParams } from '@tenure/contracts';
import { calendarOf, derive, isoInstant } from '@tenure/domain';
import { defineRoute, Problem, type Route, readAsOf, readPolicies, type ServiceContext } from '@tenure/runtime';
import { factsOfHistory, readHistory } from '@tenure/runtime/views';
import { servicesOf } from '../services-of.ts';

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
