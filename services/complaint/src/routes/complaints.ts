import { asOfQuery, complaintItem, complaintView, idParams } from '@tenure/contracts';
import {
  defineList,
  defineRoute,
  entityTag,
  eventsAsOf,
  factRoute,
  Problem,
  type Route,
  readAsOf,
  type ServiceContext,
  streamName,
} from '@tenure/runtime';
import { listedComplaints } from '../as-of/listed-complaints.ts';
import { complaintViewOf } from '../complaint-view.ts';
import { complaintFact } from '../facts.ts';
import { complaintsCollection } from '../projections/complaints.ts';

const list = defineList({
  collection: complaintsCollection,
  row: complaintItem,
  description: 'Complaints',
  key: 'id',
  order: '-filedAt',
});

const reads = { method: 'GET', tags: ['complaints'], scopes: ['complaints:read'] } as const;

/** Complaints filed, listed, and one of them. */
export function complaintRoutes(context: ServiceContext): readonly Route[] {
  return [
    factRoute(context, {
      path: '/v1/complaints',
      operationId: 'fileComplaint',
      summary: 'File a complaint',
      tags: ['complaints'],
      fact: complaintFact(context),
    }),
    defineRoute({
      ...reads,
      path: '/v1/complaints',
      operationId: 'listComplaints',
      summary: 'Complaints, the newest first',
      limits: { bodyBytes: 0, timeoutMs: 9_000 },
      query: list.query,
      responses: { 200: list.response },
      problems: ['as-of-unsupported', 'in-the-future'],
      awaitsPosition: true,
      handler: (request) => {
        const { asOf, knownAt, ...query } = request.query;
        if (asOf === undefined && knownAt === undefined) return list.answer(request, context.views.current());
        const instants = readAsOf({ asOf, knownAt }, context.clock);
        const { contentType } = request;
        return list.answer({ contentType, query }, listedComplaints(context, instants, `${asOf} ${knownAt}`));
      },
    }),
    defineRoute({
      ...reads,
      path: '/v1/complaints/{id}',
      operationId: 'getComplaint',
      summary: 'A complaint with all that was said and done',
      limits: { bodyBytes: 0, timeoutMs: 5_000 },
      params: idParams,
      query: asOfQuery,
      responses: {
        200: {
          description: 'The complaint',
          schema: complaintView,
          headers: { ETag: 'The revision, for If-Match', 'Tenure-Position': 'The position of the last step' },
        },
      },
      problems: ['not-found', 'in-the-future'],
      async handler({ params: { id }, query }) {
        const instants = readAsOf(query, context.clock);
        const history = await context.store.readStream(streamName('complaint', id));
        const body = complaintViewOf(eventsAsOf(history, instants));
        if (body === undefined) throw new Problem('not-found', `There is no complaint ${id}`);
        const isNow = query.asOf === undefined && query.knownAt === undefined;
        const etag = isNow ? { etag: entityTag(history.length - 1) } : {};
        return { status: 200, headers: { ...etag, 'tenure-position': body.position }, body };
      },
    }),
  ];
}
