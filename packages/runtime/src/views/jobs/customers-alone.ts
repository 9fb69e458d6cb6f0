import { type Consumer, PoisonError } from '@tenure/event-bus';
import type { Checkpoint, EventStore, Position, StoredEvent } from '@tenure/event-store';
import { readStoredHistory } from '../history.ts';

/** Streams whose events are all one customer's: what others are about may be several customers'. */
const ownStreams = /^(?:profile|lifecycle|loyalty)-/;

/**
 * Everything about one customer, as the log has it now: their history, and all of each stream that it touches, so that
 * rows made of a stream are made of all of it.
 */
async function eventsAbout(store: EventStore, customerId: string): Promise<readonly StoredEvent[]> {
  const history = await readStoredHistory(store, customerId);
  const events = new Map<Position, StoredEvent>();
  for (const event of history?.events ?? []) events.set(event.position, event);
  const streams = new Set([...events.values()].map(({ stream }) => stream));
  for (const stream of streams) {
    if (ownStreams.test(stream)) continue;
    for (const event of await store.readStream(stream)) events.set(event.position, event);
  }
  return [...events.values()].sort((left, right) => (left.position < right.position ? -1 : 1));
}

/** Applies all about one customer to a view set of its own. @returns how many events that were; none can be applied */
export async function applyCustomer(store: EventStore, customerId: string, consumer: Consumer): Promise<number> {
  const events = await eventsAbout(store, customerId);
  const last = events.at(-1);
  if (last === undefined) return 0;
  const checkpoint: Checkpoint = { ...store.identity, position: last.position, eventId: last.id };
  try {
    await consumer.handle({ partition: 0, events, checkpoint });
  } catch (error) {
    // What cannot be applied is set aside where it is served, too: there is nothing to compare.
    if (!(error instanceof PoisonError)) throw error;
    return 0;
  }
  return events.length;
}
