import { historyItem, historyQuery, idParams } from '@tenure/contracts';
import {
  answerList,
  defineRoute,
  listResponse,
  Problem,
  type Route,
  readAsOf,
  type ServiceContext,
} from '@tenure/runtime';
import { readStoredHistory } from '@tenure/runtime/views';
import { eventList } from '../event-list.ts';
import { asRead, historyItemOf } from '../history-item.ts';

const items = listResponse(historyItem, 'Events with who, when and why');

/** Every event of a customer, over all services, with who, when and why. */
export function historyRoutes(context: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit/customers/{id}/history',
      operationId: 'getHistory',
      summary: 'Every event of a customer, over all services',
      tags: ['audit'],
      scopes: ['audit:read'],
      limits: { bodyBytes: 0, timeoutMs: 9_000 },
      params: idParams,
      query: historyQuery,
      responses: { 200: items },
      problems: ['not-found', 'in-the-future'],
      awaitsPosition: true,
      handler: async (request) => {
        const { params, query } = request;
        const { knownAt } = readAsOf(query, context.clock);
        const history = await readStoredHistory(context.store, params.id, knownAt === undefined ? {} : { knownAt });
        if (history === undefined) throw new Problem('not-found', `Nothing is known of ${params.id} by then`);
        const order = query.order ?? 'recorded';
        const types = query.type === undefined ? undefined : new Set(query.type.split(','));
        const events = history.events.map(asRead).filter(({ type }) => types?.has(type) ?? true);
        const filter = { id: params.id, type: query.type ?? null, order };
        return answerList(
          request,
          items,
          eventList(events, { collection: 'history', filter, order, toItem: historyItemOf }),
        );
      },
    }),
  ];
}
