import type { Park, ParkingLot } from '@tenure/event-bus';
import type { CollectionDefinition, Document, ViewSet } from '@tenure/read-store';
import { z } from 'zod';
import type { ParkedTimer } from './parked-timers.ts';
import { projectingConsumer } from './projecting.ts';

export const parkedCollection: CollectionDefinition = { name: 'parked', indexes: [] };

const schema = z.object({
  _id: z.string(),
  consumer: z.string(),
  key: z.string(),
  position: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  reason: z.string(),
  parkedAt: z.number(),
  partition: z.number().exactOptional(),
  request: z.enum(['replay', 'drop']).exactOptional(),
});

/** What waits for somebody: an event that could not be applied, or a timer that failed. */
export type Parked = Park | TimerPark;

/** A timer that failed, as it is listed with the others. */
export type TimerPark = Pick<Park, 'id' | 'consumer' | 'key' | 'position' | 'reason' | 'parkedAt'> &
  Pick<ParkedTimer, 'dueAt'>;

export function timerPark({ id, timer, document, dueAt, position, reason, parkedAt }: ParkedTimer): TimerPark {
  return { id, consumer: `timer:${timer}`, key: document, position, reason, parkedAt, dueAt };
}

/** Where parks are kept: those of the views' consumer with the version that lacks what is parked, all others with `state`. */
export interface ParkedRows {
  readonly views: ViewSet;
  readonly state: ViewSet;
}

/** Parked keys as rows of view sets. */
export function createParkingLot(rows: ParkedRows, onChange: () => void): ParkingLot {
  const put = async (set: ViewSet, id: string, document: Document | null, guard?: string): Promise<void> => {
    const expected = (await set.get('parked', id))?.guard ?? null;
    if (document === null && expected === null) return;
    await set.write({ replaces: [{ collection: 'parked', id, document, guard: guard ?? expected ?? '', expected }] });
    onChange();
  };
  return {
    list: () => listParked(rows),
    park: ({ id, ...rest }: Park) =>
      put(rest.consumer === projectingConsumer ? rows.views : rows.state, id, { _id: id, ...rest }, rest.position),
    release: async (id: string) => {
      // An id names one consumer's park, so that it is in one of them.
      for (const set of [rows.views, rows.state]) await put(set, id, null);
    },
  };
}

/** What is parked, in the order in which it was. */
export async function listParked({ views, state }: ParkedRows): Promise<readonly Park[]> {
  const [ofViews, others] = await Promise.all([parksIn(views), parksIn(state)]);
  return [...ofViews, ...others.filter(({ consumer }) => consumer !== projectingConsumer)].sort(
    (left, right) => left.parkedAt - right.parkedAt,
  );
}

async function parksIn(set: ViewSet): Promise<readonly Park[]> {
  const rows = await set.find('parked', { sort: [{ field: 'parkedAt', direction: 1 }] });
  return rows.map((row) => {
    const { _id: id, ...rest } = schema.parse(row);
    return { id, ...rest };
  });
}
