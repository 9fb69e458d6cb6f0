import { type DomainEvent, upcast } from '@tenure/contracts';
import { PoisonError } from '@tenure/event-bus';
import type { StoredEvent } from '@tenure/event-store';

/** An event of the log, lifted to the current version of its type. */
export type RecordedEvent = Omit<StoredEvent, 'type' | 'data' | 'personal'> & DomainEvent;

/** Lifts a stored event to the current version of its type. @throws {UnreadableEventError} */
export function recordedEvent(stored: StoredEvent): RecordedEvent {
  const { data, personal, type } = upcast(stored);
  return { ...stored, type, data, personal } as RecordedEvent;
}

/** The same for a delivery: an event that cannot be read is poison. */
export function readDelivery(events: readonly StoredEvent[]): readonly RecordedEvent[] {
  return events.map((event) => {
    try {
      return recordedEvent(event);
    } catch (error) {
      throw new PoisonError(event, { cause: error });
    }
  });
}
