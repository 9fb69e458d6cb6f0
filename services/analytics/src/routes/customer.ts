import { asOfQuery, customerKeyParams, customerView, idParams } from '@tenure/contracts';
import { defineRoute, entityTag, type RawAnswer, type Route, readAsOf, type ServiceContext } from '@tenure/runtime';
import { type CustomerAnswer, currentCustomer, customerAt, idsOf } from '../customer-reads.ts';

const limits = { bodyBytes: 0, timeoutMs: 8_000 };

const responses = {
  200: {
    description: 'The customer',
    schema: customerView,
    headers: { ETag: 'The revision of the profile, for If-Match', 'Tenure-Position': 'The position of the view' },
  },
} as const;

/** The single customer view, by any of the customer's ids or keys. */
export function customerRoutes(context: ServiceContext): readonly Route[] {
  const answer = async (
    id: string,
    query: { readonly asOf?: string | undefined; readonly knownAt?: string | undefined },
  ): Promise<RawAnswer & { readonly status: 200 }> => {
    if (query.asOf !== undefined || query.knownAt !== undefined) {
      return answered(await customerAt(context, id, readAsOf(query, context.clock)));
    }
    if (context.views.parks.length > 0) context.views.refuseParked(await idsOf(context, id));
    return answered(await currentCustomer(context, id));
  };

  return [
    defineRoute({
      method: 'GET',
      path: '/v1/customers/{id}',
      operationId: 'getCustomer',
      summary: 'Everything about one customer',
      tags: ['customers'],
      scopes: ['customers:read'],
      limits,
      params: idParams,
      query: asOfQuery,
      responses,
      problems: ['not-found', 'customer-parked', 'in-the-future'],
      awaitsPosition: true,
      handler: ({ params, query }) => answer(params.id, query),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/customers/by-key/{source}/{key}',
      operationId: 'getCustomerByKey',
      summary: "The same by the publisher's key",
      tags: ['customers'],
      scopes: ['customers:read'],
      limits,
      params: customerKeyParams,
      query: asOfQuery,
      responses,
      problems: ['not-found', 'customer-parked', 'in-the-future'],
      awaitsPosition: true,
      handler: ({ params, query }) => answer(context.ids.customerId(params.source, params.key), query),
    }),
  ];
}

function answered({ json, revision, position }: CustomerAnswer): RawAnswer & { readonly status: 200 } {
  const etag = revision === undefined ? {} : { etag: entityTag(revision) };
  return { status: 200, headers: { ...etag, 'tenure-position': position }, text: json };
}
