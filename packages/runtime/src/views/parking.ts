import type { Park, ParkingLot } from '@tenure/event-bus';
import type { CollectionDefinition, ViewSet } from '@tenure/read-store';
import { z } from 'zod';

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

/** Parked keys as rows of a view set. */
export function createParkingLot(state: ViewSet, onChange: () => void): ParkingLot {
  const guards = async (id: string): Promise<string | null> => (await state.get('parked', id))?.guard ?? null;
  return {
    list: () => listParked(state),
    park: async ({ id, ...rest }: Park) => {
      const document = { _id: id, ...rest };
      const expected = await guards(id);
      await state.write({ replaces: [{ collection: 'parked', id, document, guard: rest.position, expected }] });
      onChange();
    },
    release: async (id: string) => {
      const expected = await guards(id);
      if (expected === null) return;
      await state.write({ replaces: [{ collection: 'parked', id, document: null, guard: expected, expected }] });
      onChange();
    },
  };
}

/** What is parked, in the order in which it was. */
export async function listParked(state: ViewSet): Promise<readonly Park[]> {
  const rows = await state.find('parked', { sort: [{ field: 'parkedAt', direction: 1 }] });
  return rows.map((row) => {
    const { _id: id, ...rest } = schema.parse(row);
    return { id, ...rest };
  });
}
