import { conflictView } from '@tenure/contracts';
import { defineList, defineRoute, type Route, type ServiceContext } from '@tenure/runtime';
import type { ConflictDocument } from '../projections/conflicts.ts';

const list = defineList<typeof conflictView, ConflictDocument>({
  collection: 'conflicts',
  row: conflictView,
  description: 'Facts that somebody has to look at',
  key: 'id',
  order: '-recordedAt',
});

/** Facts that came again with other content, and refunds that do not fit their purchase. */
export function conflictsRoute(context: ServiceContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/conflicts',
    operationId: 'listConflicts',
    summary: 'Facts that came again with other content, and refunds that do not fit their purchase',
    tags: ['conflicts'],
    scopes: ['conflicts:read'],
    limits: { bodyBytes: 0, timeoutMs: 9_000 },
    query: list.query,
    responses: { 200: list.response },
    problems: ['as-of-unsupported'],
    awaitsPosition: true,
    handler: (request) => list.answer(request, context.views.current()),
  });
}
