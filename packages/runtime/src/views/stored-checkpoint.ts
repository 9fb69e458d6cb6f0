import type { Checkpoint } from '@tenure/event-store';
import type { Json, ViewSet } from '@tenure/read-store';
import { z } from 'zod';

const schema = z.object({
  logId: z.string(),
  epoch: z.number(),
  position: z.string(),
  eventId: z.string().nullable(),
});

/** A consumer's checkpoint as it was written with its documents; undefined when there is none. */
export async function storedCheckpoint(views: ViewSet, consumer: string): Promise<Checkpoint | undefined> {
  const stored = await views.checkpoint(consumer);
  return stored === undefined ? undefined : schema.parse(stored);
}

export function checkpointAsJson({ logId, epoch, position, eventId }: Checkpoint): Json {
  return { logId, epoch, position, eventId };
}
