import { createHash } from 'node:crypto';
import type { Park, PoisonError } from '../port.ts';
import { keyOf, partitionOf } from './partition-of.ts';

interface Place {
  readonly consumer: string;
  readonly partition: number;
  /** ms since 1970 UTC. */
  readonly parkedAt: number;
}

/** The row of a key that is set aside at the event that failed. */
export function parkOf({ event, message }: PoisonError, { consumer, partition, parkedAt }: Place): Park {
  const key = keyOf(event);
  // What belongs to no customer comes in every partition, and may be parked in some of them.
  const isEverywhere = event.customerId === null;
  const place = isEverywhere ? `${consumer}\n${key}\n${partition}` : `${consumer}\n${key}`;
  return {
    id: createHash('sha256').update(place).digest('hex').slice(0, 32),
    consumer,
    key,
    position: event.position,
    eventId: event.id,
    eventType: event.type,
    reason: message,
    parkedAt,
    ...(isEverywhere ? { partition } : {}),
  };
}

/** The partition in which a key is parked. */
export function partitionOfPark({ key, partition }: Park, count: number): number {
  return partition ?? partitionOf(key, count);
}
