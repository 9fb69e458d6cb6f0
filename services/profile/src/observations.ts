import type { AttributeInput, ContactPointInput } from '@tenure/contracts';
import { type Clock, factInstant } from '@tenure/runtime';

type Observed = Pick<AttributeInput, 'observedAt'>;

/**
 * Refuses observations of the future, as any other fact of it.
 * @param points where in the body the contact points stand
 * @throws {Problem} `in-the-future`
 */
export function checkObservations(
  clock: Clock,
  attributes: Readonly<Record<string, Observed>> = {},
  contactPoints: readonly Pick<ContactPointInput, 'observedAt'>[] = [],
  points = '/contactPoints',
): void {
  for (const [name, { observedAt }] of Object.entries(attributes)) {
    factInstant(observedAt, clock, `/attributes/${name}/observedAt`);
  }
  for (const [index, { observedAt }] of contactPoints.entries()) {
    factInstant(observedAt, clock, `${points}/${index}/observedAt`);
  }
}
