import { idParams, type Restatement, restatement, restatementsQuery } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import { answerList, defineRoute, listResponse, type Route, type ServiceContext } from '@tenure/runtime';
import type { RecordedEvent } from '@tenure/runtime/views';
import { eventList } from '../event-list.ts';
import { namedEventOf } from '../history-item.ts';
import { knownHistory } from '../known-history.ts';

type RestatingEvent = Extract<RecordedEvent, { type: 'StageRestated' | 'LoyaltyRestated' }>;

const items = listResponse(restatement, 'What was recorded and turned out otherwise');

/** When the past of a customer turned out otherwise than had been recorded, from when on, and by which event. */
export function restatementRoutes(context: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit/customers/{id}/restatements',
      operationId: 'getRestatements',
      summary: 'When the past turned out otherwise than recorded, and why',
      tags: ['audit'],
      scopes: ['audit:read'],
      limits: { bodyBytes: 0, timeoutMs: 9_000 },
      params: idParams,
      query: restatementsQuery,
      responses: { 200: items },
      problems: ['not-found', 'in-the-future'],
      awaitsPosition: true,
      handler: async (request) => {
        const { params, query } = request;
        const { history } = await knownHistory(context, params.id, query);
        const byId = new Map(history.events.map((event) => [event.id, event]));
        const restating = history.events.filter((event): event is RestatingEvent => isRestating(event));
        return answerList(
          request,
          items,
          eventList(restating, {
            collection: 'restatements',
            filter: { id: params.id },
            order: 'recorded',
            toItem: (event) => restatementOf(event, byId.get(event.metadata.causationId)),
          }),
        );
      },
    }),
  ];
}

function isRestating({ type }: RecordedEvent): boolean {
  return type === 'StageRestated' || type === 'LoyaltyRestated';
}

function restatementOf(event: RestatingEvent, cause: RecordedEvent | undefined): Restatement {
  return {
    position: event.position,
    recordedAt: isoInstant(event.recordedAt),
    of: event.type === 'StageRestated' ? 'stage' : 'loyalty',
    validFrom: event.data.validFrom,
    causedBy: cause === undefined ? null : namedEventOf(cause),
    data: { ...event.data },
  };
}
