import { type FactRef, UnreadableEventError } from '@tenure/contracts';
import { factsOf, type Happening } from '@tenure/domain';
import type { EventStore, Position, StoredEvent } from '@tenure/event-store';
import type { KnownCustomer } from './known-customer.ts';
import { type RecordedEvent, recordedEvent } from './recorded-event.ts';

/** What an event is said to be caused by. */
export interface Cause {
  readonly causationId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
}

/** Why something is recorded for a customer: the cause of all that no fact of its own brought about. */
export interface Occasion extends Cause {
  /** The customer's events that are taken in with it. */
  readonly events?: readonly RecordedEvent[];
  /** The last event that was taken in; absent if none was, as when time alone has come. */
  readonly upTo?: Position;
}

/** An event as the cause of others: they belong to whatever it belongs to. */
export function causeOf({ id, metadata }: Pick<StoredEvent, 'id' | 'metadata'>): Cause {
  const { correlationId, traceparent } = metadata;
  return { causationId: id, correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
}

/**
 * The cause of each derived event: the event of the fact that it names, else the occasion. Several requests may have led
 * to what is recorded in one go, and the fold may know of facts that are still to be taken in.
 */
export async function causesOf(
  derived: readonly Happening[],
  occasion: Occasion,
  customer: Pick<KnownCustomer, 'ids' | 'foldedUpTo'>,
  store: Pick<EventStore, 'readCustomer'>,
): Promise<readonly Cause[]> {
  const { events = [], upTo } = occasion;
  const isAhead = upTo === undefined || [...customer.foldedUpTo.values()].some((position) => position > upTo);
  if (events.length <= 1 && !isAhead) return derived.map(() => occasion);
  const named = derived.map(factBehind);
  const causes = byFact(events);
  if (isAhead && named.some((fact) => fact !== undefined && !causes.has(fact))) {
    for (const id of customer.ids) {
      const later = await store.readCustomer(id, upTo === undefined ? {} : { after: upTo });
      for (const [fact, cause] of byFact(later.flatMap(readable))) if (!causes.has(fact)) causes.set(fact, cause);
    }
  }
  return named.map((fact) => (fact === undefined ? undefined : causes.get(fact)) ?? occasion);
}

/** The fact that a derived event names as what brought it about. */
function factBehind(event: Happening): string | undefined {
  switch (event.type) {
    case 'PointsEarned':
      return keyOf({ kind: 'purchase', source: event.data.source, id: event.data.orderId });
    case 'PointsTakenBack':
      return keyOf({ kind: 'refund', source: event.data.source, id: event.data.refundId });
    case 'StageChanged':
    case 'StageRestated':
    case 'TierChanged':
    case 'LoyaltyRestated':
      return event.data.cause === null ? undefined : keyOf(event.data.cause);
    default:
      return undefined;
  }
}

/** The event that said a fact first is its cause. */
function byFact(events: readonly RecordedEvent[]): Map<string, Cause> {
  const causes = new Map<string, Cause>();
  for (const event of events) {
    for (const { kind, source, id } of factsOf(event)) {
      const key = keyOf({ kind, source, id });
      if (!causes.has(key)) causes.set(key, causeOf(event));
    }
  }
  return causes;
}

function keyOf({ kind, source, id }: Omit<FactRef, 'kind'> & { readonly kind: string }): string {
  return `${kind}\n${source}\n${id}`;
}

/** What cannot be read has brought nothing about: its customer is parked. */
function readable(stored: StoredEvent): readonly RecordedEvent[] {
  try {
    return [recordedEvent(stored)];
  } catch (error) {
    if (error instanceof UnreadableEventError) return [];
    throw error;
  }
}
