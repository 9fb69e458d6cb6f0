import type { EventStore, Position } from '@tenure/event-store';
import type { Knowledge } from '../views/history.ts';

export const idBytes = 16;
const pageSize = 2_000;
const firstCapacity = 4_096;

/**
 * The ids of all customers, in order of registration: 16 bytes each, which is all that is kept of the log that is
 * looked through.
 */
export async function findCustomers(
  store: Pick<EventStore, 'readAllSealed'>,
  { upTo, knownAt }: Knowledge,
  isCancelled: () => boolean,
): Promise<Uint8Array> {
  let ids = Buffer.alloc(firstCapacity * idBytes);
  let length = 0;
  let after: Position | undefined;
  while (!isCancelled()) {
    const page = await store.readAllSealed({ limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { position, recordedAt, type, customerId } of page) {
      // Neither ever goes back.
      if ((upTo !== undefined && position > upTo) || (knownAt !== undefined && recordedAt > knownAt))
        return ids.subarray(0, length);
      if (type !== 'CustomerRegistered' || customerId === null) continue;
      if (length === ids.length) ids = Buffer.concat([ids, Buffer.alloc(ids.length)]);
      length += ids.write(customerId, length, 'hex');
    }
    after = page.at(-1)?.position;
    if (page.length < pageSize || after === upTo) break;
  }
  return ids.subarray(0, length);
}
