import { upcast } from '@tenure/contracts';
import { PoisonError } from '@tenure/event-bus';
import type { StoredEvent } from '@tenure/event-store';
import type { RecordedEvent } from './types.ts';

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
