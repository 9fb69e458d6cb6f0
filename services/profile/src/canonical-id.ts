import type { EventStore } from '@tenure/event-store';
import { customerStreams } from '@tenure/runtime';
import { recordedEvent } from '@tenure/runtime/views';

/**
 * The canonical id of a customer by any of theirs: the first registered of those that links connect. The id itself if
 * nobody is registered under it.
 */
export async function canonicalId(store: Pick<EventStore, 'readStream'>, customerId: string): Promise<string> {
  const seen = new Set([customerId]);
  const waiting = [customerId];
  let first: { readonly id: string; readonly position: string } | undefined;
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const event of (await store.readStream(customerStreams.profile(id))).map(recordedEvent)) {
      const { type, position } = event;
      if (type === 'CustomerRegistered' && (first === undefined || position < first.position)) first = { id, position };
      if (type !== 'KeyLinked' || seen.has(event.data.otherCustomerId)) continue;
      seen.add(event.data.otherCustomerId);
      waiting.push(event.data.otherCustomerId);
    }
  }
  return first?.id ?? customerId;
}
