import { asOfQuery, customerState, idParams } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import { defineRoute, type Route, readAsOf, type ServiceContext } from '@tenure/runtime';
import { knownHistory, nothingKnown, positionAt, stateAt } from '../known-history.ts';
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
        const { asOf = context.clock.now() } = readAsOf(query, context.clock);
        const known = await knownHistory(context, params.id, query);
        const { history, knownAt } = known;
        const state = stateAt(known, asOf);
        if (state === undefined) throw nothingKnown(params.id);
        const [customerId = params.id, ...aliases] = history.ids;
        return {
          status: 200,
          body: {
            customerId,
            aliases,
            asOf: isoInstant(asOf),
            knownAt,
            position: positionAt(history, params.id, asOf),
            services: servicesOf(state),
          },
        };
      },
    }),
  ];
}
