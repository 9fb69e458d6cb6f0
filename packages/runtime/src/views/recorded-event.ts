import { type DomainEvent, UnreadableEventError, upcast } from '@tenure/contracts';
import { PoisonError, type PoisonedEvent } from '@tenure/event-bus';
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

/**
 * The error to throw for one that came up with an event: poison if it will come again, as faults in data and code do;
 * itself if it may pass, as those of stores do.
 */
export function poisonOrPassing(event: PoisonedEvent, error: unknown): unknown {
  const comesAgain =
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof SyntaxError ||
    error instanceof UnreadableEventError;
  return comesAgain ? new PoisonError(event, { cause: error }) : error;
}
