import type { SealedEvent } from '@tenure/event-store';

/** Events of one customer, else of one stream, stay in order and are parked together. */
export const keyOf = (event: Pick<SealedEvent, 'customerId' | 'stream'>): string => event.customerId ?? event.stream;

/** The partition of a key among `count`, from 0: as Kafka's own clients choose it, so theirs can write beside ours. */
export function partitionOf(key: string, count: number): number {
  return (murmur2(Buffer.from(key, 'utf8')) & 0x7fff_ffff) % count;
}

/** Whether an event comes in a partition: what belongs to no customer comes in each. */
export function comesIn(event: Pick<SealedEvent, 'customerId'>, partition: number, count: number): boolean {
  return event.customerId === null || partitionOf(event.customerId, count) === partition;
}

/** MurmurHash2, 32 bits, with the seed of Kafka's default partitioner. */
function murmur2(data: Buffer): number {
  const m = 0x5bd1e995;
  const words = data.length >>> 2;
  let h = 0x9747b28c ^ data.length;
  for (let word = 0; word < words; word += 1) {
    let k = Math.imul(data.readInt32LE(word * 4), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = data.length & 3;
  if (rest > 0) {
    for (let index = rest - 1; index >= 0; index -= 1) h ^= data.readUInt8(words * 4 + index) << (8 * index);
    h = Math.imul(h, m);
  }
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}
