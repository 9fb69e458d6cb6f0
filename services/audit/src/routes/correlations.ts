import {
  type Correlation,
  correlation,
  correlationParams,
  mostRelatedEvents,
  traceEvents,
  traceParams,
} from '@tenure/contracts';
import { defineRoute, Problem, type Route, type ServiceContext } from '@tenure/runtime';
import { causationTree } from '../causation-tree.ts';
import { mermaidOf } from '../mermaid.ts';
import { relatedEventOf } from '../related-event.ts';

const mermaidType = 'text/vnd.mermaid';
/** The whole log may be looked through for one. */
const limits = { bodyBytes: 0, timeoutMs: 9_000, concurrency: 8 };

/** All that one request, message or timer led to, over all services; by a correlation's id, or by a trace's. */
export function correlationRoutes({ store }: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit/correlations/{id}',
      operationId: 'getCorrelation',
      summary: 'All that one request, message or timer led to, as a tree',
      tags: ['audit'],
      scopes: ['audit:read'],
      limits,
      params: correlationParams,
      responses: {
        200: {
          description: 'The events and what caused them; as a graph for Mermaid, too',
          schema: correlation,
          contentTypes: ['application/json', mermaidType],
        },
      },
      problems: ['not-found'],
      awaitsPosition: true,
      handler: async ({ params: { id }, contentType, signal }) => {
        const found = await store.readCorrelation(id, { limit: mostRelatedEvents + 1, signal });
        if (found.length === 0) throw new Problem('not-found', 'No event has this correlation id');
        const events = found.slice(0, mostRelatedEvents).map(relatedEventOf);
        const body: Correlation = {
          correlationId: id,
          traceIds: [...new Set(events.flatMap(({ traceId }) => traceId ?? []))],
          events,
          roots: [...causationTree(events)],
          truncated: found.length > events.length,
        };
        return contentType === mermaidType
          ? { status: 200, contentType, text: mermaidOf(body) }
          : { status: 200, body };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/audit/traces/{traceId}',
      operationId: 'getTraceEvents',
      summary: 'The events of a W3C trace, and the correlations that they belong to',
      tags: ['audit'],
      scopes: ['audit:read'],
      limits,
      params: traceParams,
      responses: { 200: { description: 'The events of the trace', schema: traceEvents } },
      problems: ['not-found'],
      awaitsPosition: true,
      handler: async ({ params: { traceId }, signal }) => {
        const found = await store.readTrace(traceId, { limit: mostRelatedEvents + 1, signal });
        if (found.length === 0) throw new Problem('not-found', 'No event has this trace id');
        const events = found.slice(0, mostRelatedEvents).map(relatedEventOf);
        const correlationIds = [...new Set(events.map(({ correlationId }) => correlationId))];
        return { status: 200, body: { traceId, correlationIds, events, truncated: found.length > events.length } };
      },
    }),
  ];
}
