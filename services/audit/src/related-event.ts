import type { RelatedEvent } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import { traceIdOf } from '@tenure/runtime';
import type { StoredHistory } from '@tenure/runtime/views';

type Stored = StoredHistory['events'][number];

/** What happened and why, without what it says: neither data nor personal data. */
export function relatedEventOf(event: Stored): RelatedEvent {
  const { id: eventId, position, type, stream, customerId, metadata, erased } = event;
  const { service, actor, causationId, correlationId, traceparent } = metadata;
  return {
    eventId,
    position,
    recordedAt: isoInstant(event.recordedAt),
    occurredAt: isoInstant(event.occurredAt),
    type,
    service,
    stream,
    customerId,
    actor,
    causationId,
    correlationId,
    traceId: traceparent === undefined ? null : traceIdOf(traceparent),
    ...(erased === true ? { erased } : {}),
  };
}
