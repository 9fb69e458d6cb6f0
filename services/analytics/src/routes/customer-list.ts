import { customerView } from '@tenure/contracts';
import { defineList, defineRoute, type Route, readAsOf, readPolicies, type ServiceContext } from '@tenure/runtime';
import { type ListedCustomer, listedCustomers } from '../as-of/listed-customers.ts';
import { recencyField, recencyOf } from '../recency.ts';

/** Customers as their documents show them, or as of another instant, by any field of the view. */
export function customerListRoutes(context: ServiceContext): readonly Route[] {
  const { clock, views } = context;
  const list = defineList<typeof customerView, ListedCustomer>({
    collection: 'customers',
    row: customerView,
    description: 'Customers',
    key: 'id',
    order: 'id',
    rowOf: ({ _id, _times, _asOf = clock.now(), ...view }) => ({
      ...view,
      recency: recencyOf(_times.lastPurchaseMs, _asOf),
    }),
  });
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/customers',
      operationId: 'listCustomers',
      summary: 'Customers, by any field of the view',
      tags: ['customers'],
      scopes: ['customers:read'],
      limits: { bodyBytes: 0, timeoutMs: 9_000, concurrency: 16 },
      query: list.query,
      responses: { 200: list.response },
      problems: ['as-of-unsupported', 'in-the-future', 'views-unavailable'],
      awaitsPosition: true,
      handler: async (request) => {
        const { asOf: asked, knownAt: known, ...query } = request.query;
        if (asked === undefined && known === undefined) {
          return list.answer(request, views.current(), { recency: recencyField(clock.now()) });
        }
        const { asOf = clock.now(), knownAt } = readAsOf({ asOf: asked, knownAt: known }, clock);
        const policies = await readPolicies(context.store, knownAt === undefined ? {} : { knownAt });
        const listed = await listedCustomers(context, { asOf, knownAt }, policies, `${asked} ${known}`);
        return list.answer({ contentType: request.contentType, query }, listed, { recency: recencyField(asOf) });
      },
    }),
  ];
}
