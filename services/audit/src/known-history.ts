import type { AsOfQuery } from '@tenure/contracts';
import { type CustomerState, calendarOf, derive, isoInstant } from '@tenure/domain';
import { Problem, readAsOf, readPolicies, type ServiceContext } from '@tenure/runtime';
import { type CustomerHistory, factsOfHistory, readHistory } from '@tenure/runtime/views';

/** What was known of a customer, and all that it takes to derive the rest. */
export type Known = Awaited<ReturnType<typeof knownHistory>>;

/** @throws {Problem} `not-found` when nothing was known of the id by then; `in-the-future` */
export async function knownHistory(context: ServiceContext, id: string, query: Pick<AsOfQuery, 'knownAt'>) {
  const { knownAt } = readAsOf({ knownAt: query.knownAt }, context.clock);
  const known = knownAt === undefined ? {} : { knownAt };
  const history = await readHistory(context.store, id, known);
  if (history === undefined) throw nothingKnown(id);
  return {
    history,
    facts: factsOfHistory(history),
    policies: await readPolicies(context.store, known),
    calendar: calendarOf(context.zone),
    knownAt: isoInstant(knownAt ?? context.clock.now()),
  };
}

/** The customer at an instant; undefined before they were anybody. */
export function stateAt({ facts, policies, calendar }: Known, until: number): CustomerState | undefined {
  return derive(facts, policies, calendar, until);
}

/** The position of the last event that had happened. @throws {Problem} `not-found` before the first */
export function positionAt(history: CustomerHistory, id: string, until: number): string {
  const last = history.events.findLast((event) => event.occurredAt <= until);
  if (last === undefined) throw nothingKnown(id);
  return last.position;
}

export function nothingKnown(id: string): Problem {
  return new Problem('not-found', `Nothing is known of ${id} by then`);
}
