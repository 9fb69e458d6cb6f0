import type { Delivery } from '@tenure/event-bus';
import type { Checkpoint } from '@tenure/event-store';
import type { Json, ViewSet } from '@tenure/read-store';
import { z } from 'zod';

const schema = z.object({
  logId: z.string(),
  epoch: z.number(),
  position: z.string(),
  eventId: z.string().nullable(),
});

/** A consumer's checkpoint in a partition as it was written with its documents; undefined when there is none. */
export async function storedCheckpoint(
  views: ViewSet,
  consumer: string,
  partition: number,
): Promise<Checkpoint | undefined> {
  const stored = await views.checkpoint(checkpointName(consumer, partition));
  return stored === undefined ? undefined : schema.parse(stored);
}

/** Where a consumer stands that reads all partitions as one: at the lowest; undefined while one of them has none. */
export async function lowestCheckpoint(
  views: ViewSet,
  consumer: string,
  partitions: number,
): Promise<Checkpoint | undefined> {
  let lowest: Checkpoint | undefined;
  for (let partition = 0; partition < partitions; partition++) {
    const checkpoint = await storedCheckpoint(views, consumer, partition);
    if (checkpoint === undefined) return undefined;
    if (lowest === undefined || checkpoint.position < lowest.position) lowest = checkpoint;
  }
  return lowest;
}

/** The checkpoint that a delivery leads to, as it is written with what the delivery changed. */
export function checkpointsOf(consumer: string, { partition, checkpoint }: Delivery): Readonly<Record<string, Json>> {
  const { logId, epoch, position, eventId } = checkpoint;
  return { [checkpointName(consumer, partition)]: { logId, epoch, position, eventId } };
}

function checkpointName(consumer: string, partition: number): string {
  return `${consumer}/${partition}`;
}
