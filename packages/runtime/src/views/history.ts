import type { Fact } from '@tenure/domain';
import { factsOf } from '@tenure/domain';
import type { EventStore, Position } from '@tenure/event-store';
import type { RecordedEvent } from './recorded-event.ts';
import { recordedEvent } from './recorded-event.ts';

/** How much of the log is looked at. Both inclusive; absent: all of it. */
export interface Knowledge {
  readonly upTo?: Position;
  /** By recorded time, ms since 1970 UTC. */
  readonly knownAt?: number;
}

/** A customer's whole history: that of all ids that are known to be theirs. */
export interface CustomerHistory {
  /** The first registered of the ids. */
  readonly canonicalId: string;
  /** All ids, the canonical first, in order of registration. */
  readonly ids: readonly string[];
  /** In log order, with the events of purchases that were claimed. */
  readonly events: readonly RecordedEvent[];
}

/** Reads a customer's history by any of their ids. Undefined if nothing is known of the id. */
export async function readHistory(
  store: EventStore,
  customerId: string,
  knowledge: Knowledge = {},
): Promise<CustomerHistory | undefined> {
  const isKnown = (event: { position: Position; recordedAt: number }): boolean =>
    (knowledge.upTo === undefined || event.position <= knowledge.upTo) &&
    (knowledge.knownAt === undefined || event.recordedAt <= knowledge.knownAt);

  const registered = new Map<string, Position>();
  const byPosition = new Map<Position, RecordedEvent>();
  const toRead = [customerId];
  const seen = new Set(toRead);
  for (let id = toRead.pop(); id !== undefined; id = toRead.pop()) {
    for (const stored of await store.readCustomer(id)) {
      if (!isKnown(stored)) continue;
      const event = recordedEvent(stored);
      byPosition.set(event.position, event);
      if (event.type === 'CustomerRegistered') registered.set(id, event.position);
      if (event.type === 'KeyLinked' && !seen.has(event.data.otherCustomerId)) {
        seen.add(event.data.otherCustomerId);
        toRead.push(event.data.otherCustomerId);
      }
      if (event.type === 'PurchaseClaimed') {
        for (const claimed of await store.readStream(event.stream)) {
          if (claimed.customerId === null && isKnown(claimed)) byPosition.set(claimed.position, recordedEvent(claimed));
        }
      }
    }
  }
  if (byPosition.size === 0) return undefined;
  const ids = [...registered].sort(([, left], [, right]) => (left < right ? -1 : 1)).map(([id]) => id);
  const canonicalId = ids[0] ?? customerId;
  const events = [...byPosition.values()].sort((left, right) => (left.position < right.position ? -1 : 1));
  return { canonicalId, ids: ids.length === 0 ? [customerId] : ids, events };
}

/** All facts of a history. */
export function factsOfHistory(history: CustomerHistory): readonly Fact[] {
  return history.events.flatMap((event) => factsOf(event));
}
