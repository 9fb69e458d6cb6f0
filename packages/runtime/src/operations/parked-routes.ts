import { idParams, type ParkView, parkAnswer, parkView } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import type { ReplayOutcome } from '@tenure/event-bus';
import { defineList } from '../http/list.ts';
import { listedDocuments } from '../http/listed-documents.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Parked } from '../views/parking.ts';
import type { Views } from '../views/start-views.ts';

const list = defineList({
  collection: 'parked',
  row: parkView,
  description: 'What consumers could not apply, and timers that failed',
  key: 'id',
  order: '-parkedAt',
});

const common = { tags: ['parked'], limits: { bodyBytes: 0, timeoutMs: 9_000 } } as const;
const outcome = { 200: { description: 'How it ended', schema: parkAnswer } } as const;

/** What waits for somebody because an event could not be applied, and ways out of it. */
export function parkedRoutes(views: Pick<Views, 'parks' | 'replay' | 'drop'>): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/parked',
      operationId: 'listParked',
      summary: 'What consumers could not apply, and timers that failed: each customer waits there, all others go on',
      scopes: ['parked:read'],
      query: list.query,
      responses: { 200: list.response },
      problems: ['as-of-unsupported'],
      handler: (request) => {
        const documents = views.parks.map((park) => ({ _id: park.id, ...viewOf(park) }));
        return list.answer(request, listedDocuments('parked', documents));
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/parked/{id}',
      operationId: 'getParked',
      summary: 'What a consumer could not apply or what timer failed, and why',
      scopes: ['parked:read'],
      params: idParams,
      responses: { 200: { description: 'What is parked', schema: parkView } },
      problems: ['not-found'],
      handler: ({ params: { id } }) => {
        const park = views.parks.find((one) => one.id === id);
        if (park === undefined) throw nothingParked(id);
        return { status: 200, body: viewOf(park) };
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/parked/{id}/replay',
      operationId: 'replayParked',
      summary: 'Apply what is parked again, and all that came after it; fire a timer again',
      scopes: ['parked:write'],
      params: idParams,
      responses: outcome,
      problems: ['not-found'],
      handler: async ({ params: { id } }) => answer(id, await views.replay(id), 'replayed'),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/parked/{id}/drop',
      operationId: 'dropParked',
      summary: 'Leave the event out for good, and apply all that came after it; do not fire a timer for that instant',
      scopes: ['parked:write'],
      params: idParams,
      responses: outcome,
      problems: ['not-found'],
      handler: async ({ params: { id } }) => answer(id, await views.drop(id), 'dropped'),
    }),
  ];
}

function answer(id: string, ended: ReplayOutcome, released: 'replayed' | 'dropped') {
  if (ended === 'unknown') throw nothingParked(id);
  return { status: 200 as const, body: { id, outcome: ended === 'released' ? released : ended } };
}

function viewOf(park: Parked): ParkView {
  const { id, consumer, key, position, reason } = park;
  const parkedAt = isoInstant(park.parkedAt);
  const common = { id, consumer, key, position, reason, parkedAt };
  if ('dueAt' in park) return { ...common, eventId: null, eventType: null, dueAt: isoInstant(park.dueAt) };
  return { ...common, eventId: park.eventId, eventType: park.eventType, dueAt: null };
}

function nothingParked(id: string): Problem {
  return new Problem('not-found', `Nothing is parked under ${id}`);
}
