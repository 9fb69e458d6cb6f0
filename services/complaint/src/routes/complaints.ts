import { complaintItem, complaintView, idParams } from '@tenure/contracts';
import {
  defineList,
  defineRoute,
  entityTag,
  factRoute,
  Problem,
  type Route,
  type ServiceContext,
  streamName,
} from '@tenure/runtime';
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
      problems: ['as-of-unsupported'],
      awaitsPosition: true,
      handler: (request) => list.answer(request, context.views.current()),
    }),
    defineRoute({
      ...reads,
      path: '/v1/complaints/{id}',
      operationId: 'getComplaint',
      summary: 'A complaint with all that was said and done',
      limits: { bodyBytes: 0, timeoutMs: 5_000 },
      params: idParams,
      responses: {
        200: {
          description: 'The complaint',
          schema: complaintView,
          headers: { ETag: 'The revision, for If-Match', 'Tenure-Position': 'The position of the last step' },
        },
      },
      problems: ['not-found'],
      async handler({ params: { id } }) {
        const history = await context.store.readStream(streamName('complaint', id));
        const body = complaintViewOf(history);
        if (body === undefined) throw new Problem('not-found', `There is no complaint ${id}`);
        return {
          status: 200,
          headers: { etag: entityTag(history.length - 1), 'tenure-position': body.position },
          body,
        };
      },
    }),
  ];
}
