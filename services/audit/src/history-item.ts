import { type HistoryItem, type NamedEvent, UnreadableEventError } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import { type RecordedEvent, recordedEvent, type StoredHistory } from '@tenure/runtime/views';

type Stored = StoredHistory['events'][number];
/** An event in the current version of its type, or as it is stored where that is not known here. */
export type Shown = Stored | RecordedEvent;

/** In the current version of its type, as far as that is known here: what cannot be read is shown as it is stored. */
export function asRead(stored: Stored): Shown {
  try {
    return recordedEvent(stored);
  } catch (error) {
    if (error instanceof UnreadableEventError) return stored;
    throw error;
  }
}

export function historyItemOf(event: Shown): HistoryItem {
  const { id, position, type, version: eventVersion, customerId, stream, revision, metadata, personal, erased } = event;
  const { service, actor, commandId, causationId, correlationId, session } = metadata;
  return {
    id,
    position,
    recordedAt: isoInstant(event.recordedAt),
    occurredAt: isoInstant(event.occurredAt),
    type,
    version: eventVersion,
    service,
    actor,
    customerId: customerId ?? null,
    stream,
    revision,
    commandId,
    causationId,
    correlationId,
    ...(session === undefined ? {} : { session }),
    data: { ...event.data },
    ...(personal === undefined ? {} : { personal: { ...personal } }),
    ...(erased === true ? { erased } : {}),
  };
}

/** An event as other answers name it. */
export function namedEventOf({ id: eventId, position, type, occurredAt, recordedAt }: RecordedEvent): NamedEvent {
  return { eventId, position, type, occurredAt: isoInstant(occurredAt), recordedAt: isoInstant(recordedAt) };
}
