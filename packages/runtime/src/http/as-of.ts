import type { AsOfQuery, ProblemField } from '@tenure/contracts';
import type { StoredEvent } from '@tenure/event-store';
import type { Clock } from '../clock.ts';
import { Problem } from './problem.ts';

/** Both are ms since 1970 UTC; undefined means now. */
export interface AsOf {
  readonly asOf: number | undefined;
  readonly knownAt: number | undefined;
}

/** @throws {Problem} `in-the-future`, naming the parameter */
export function readAsOf(query: AsOfQuery, clock: Clock): AsOf {
  const now = clock.now();
  const errors: ProblemField[] = [];
  const read = (parameter: 'asOf' | 'knownAt'): number | undefined => {
    const text = query[parameter];
    if (text === undefined) return undefined;
    const instant = Date.parse(text);
    if (instant > now)
      errors.push({ pointer: `/${parameter}`, detail: `is after ${new Date(now).toISOString()}, which is now` });
    return instant;
  };
  const instants = { asOf: read('asOf'), knownAt: read('knownAt') };
  if (errors.length > 0) throw new Problem('in-the-future', 'Nobody knows the future', { errors });
  return instants;
}

/**
 * What had happened and was known by then; what was refused did not happen, whatever date it bore.
 * @param knowledge types of events that count as soon as they are known, for all of the past, such as claims
 */
export function eventsAsOf(
  events: readonly StoredEvent[],
  { asOf = Number.POSITIVE_INFINITY, knownAt = Number.POSITIVE_INFINITY }: AsOf,
  knowledge: readonly string[] = [],
): readonly StoredEvent[] {
  return events.filter(
    ({ type, occurredAt, recordedAt }) =>
      recordedAt <= knownAt &&
      (occurredAt <= asOf || knowledge.includes(type)) &&
      (type !== 'FactConflictDetected' || asOf === Number.POSITIVE_INFINITY),
  );
}

/** For reads that cannot do it: takes the parameters, so that they can be refused by name. */
export function refuseAsOf(query: AsOfQuery): void {
  const given = (['asOf', 'knownAt'] as const).filter((parameter) => query[parameter] !== undefined);
  if (given.length === 0) return;
  const errors = given.map((parameter) => ({ pointer: `/${parameter}`, detail: 'cannot be asked here' }));
  throw new Problem('as-of-unsupported', 'This is only known as of now', { errors });
}
