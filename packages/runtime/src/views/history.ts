import { UnreadableEventError } from '@tenure/contracts';
import type { Fact } from '@tenure/domain';
import { factsOf } from '@tenure/domain';
import type { EventStore, Position, StoredEvent } from '@tenure/event-store';
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

/** The same as the log holds it: events that this code cannot read are among them. */
export type StoredHistory = Omit<CustomerHistory, 'events'> & { readonly events: readonly StoredEvent[] };

/**
 * Reads a customer's history by any of their ids. Undefined if nothing is known of the id.
 * @throws {UnreadableEventError} when an event of it cannot be read
 */
export async function readHistory(
  store: EventStore,
  customerId: string,
  knowledge: Knowledge = {},
): Promise<CustomerHistory | undefined> {
  const history = await readStoredHistory(store, customerId, knowledge);
  return history === undefined ? undefined : { ...history, events: history.events.map(recordedEvent) };
}

/** The same without reading more of the events than whose they are. */
export async function readStoredHistory(
  store: EventStore,
  customerId: string,
  knowledge: Knowledge = {},
): Promise<StoredHistory | undefined> {
  const { upTo, knownAt } = knowledge;
  const isKnown = ({ position, recordedAt }: StoredEvent): boolean =>
    (upTo === undefined || position <= upTo) && (knownAt === undefined || recordedAt <= knownAt);

  const registered = new Map<string, Position>();
  const parts: (readonly StoredEvent[])[] = [];
  const toRead = [customerId];
  const seen = new Set(toRead);
  for (let id = toRead.pop(); id !== undefined; id = toRead.pop()) {
    const own = (await store.readCustomer(id)).filter(isKnown);
    parts.push(own);
    for (const stored of own) {
      if (stored.type === 'CustomerRegistered') registered.set(id, stored.position);
      const other = otherId(stored);
      if (other !== undefined && !seen.has(other)) {
        seen.add(other);
        toRead.push(other);
      }
      if (stored.type === 'PurchaseClaimed') {
        const claimed = await store.readStream(stored.stream);
        parts.push(claimed.filter((event) => event.customerId === null && isKnown(event)));
      }
    }
  }
  const events = inLogOrder(parts);
  if (events.length === 0) return undefined;
  const ids = [...registered].sort(([, left], [, right]) => (left < right ? -1 : 1)).map(([id]) => id);
  return { canonicalId: ids[0] ?? customerId, ids: ids.length === 0 ? [customerId] : ids, events };
}

/** Each event once. */
function inLogOrder(parts: readonly (readonly StoredEvent[])[]): readonly StoredEvent[] {
  const [first = [], ...others] = parts;
  if (others.length === 0) return first;
  const byPosition = new Map(parts.flat().map((event) => [event.position, event]));
  return [...byPosition.values()].sort((left, right) => (left.position < right.position ? -1 : 1));
}

/** Whom a link names. */
function otherId(stored: StoredEvent): string | undefined {
  if (stored.type !== 'KeyLinked') return undefined;
  const event = recordedEvent(stored);
  return event.type === 'KeyLinked' ? event.data.otherCustomerId : undefined;
}

/**
 * All facts of a history.
 * @throws {UnreadableEventError} when an event is not what its type says
 */
export function factsOfHistory(history: CustomerHistory): readonly Fact[] {
  return history.events.flatMap((event) => {
    try {
      return factsOf(event);
    } catch (cause) {
      throw new UnreadableEventError(`event ${event.id} (${event.type}) cannot be folded`, { cause });
    }
  });
}
