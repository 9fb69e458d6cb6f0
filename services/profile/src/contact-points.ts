import type { ContactPointInput as ContactPointBody } from '@tenure/contracts';
import { type ContactPointInput, normaliseContactPoint } from '@tenure/domain';
import type { Ids } from '@tenure/runtime';

/** Contact points with their ids: equal ones have the same. One that cannot be is left to the decider to refuse. */
export function identified(ids: Ids, points: readonly ContactPointBody[]): readonly ContactPointInput[] {
  return points.map((point) => {
    const value = normaliseContactPoint(point.kind, point.value) ?? point.value;
    return { id: ids.contactPointId(point.kind, value), ...point };
  });
}
