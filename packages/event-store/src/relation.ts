import type { EventMetadata } from './port.ts';

/** What ties events together: the request that all of them come from, or the trace that it was part of. */
export type Relation = { readonly correlationId: string } | { readonly traceId: string };

/** The trace id of a W3C trace context: 32 hex digits. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);

export const isRelated = ({ correlationId, traceparent }: EventMetadata, relation: Relation): boolean =>
  'correlationId' in relation
    ? correlationId === relation.correlationId
    : traceparent !== undefined && traceIdOf(traceparent) === relation.traceId;
