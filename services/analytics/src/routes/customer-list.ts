import { customerView } from '@tenure/contracts';
import { defineList, defineRoute, type Route, type ServiceContext } from '@tenure/runtime';
import type { CustomerDocument } from '../projections/customer-document.ts';
import { recencyField, recencyOf } from '../recency.ts';

/** Customers as their documents show them, by any field of the view. */
export function customerListRoutes(context: ServiceContext): readonly Route[] {
  const { clock, views } = context;
  const list = defineList<typeof customerView, CustomerDocument>({
    collection: 'customers',
    row: customerView,
    description: 'Customers',
    key: 'id',
    order: 'id',
    rowOf: ({ _id, _times, ...view }) => ({ ...view, recency: recencyOf(_times.lastPurchaseMs, clock.now()) }),
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
      problems: ['as-of-unsupported'],
      awaitsPosition: true,
      handler: (request) => list.answer(request, views.current(), { recency: recencyField(clock.now()) }),
    }),
  ];
}
