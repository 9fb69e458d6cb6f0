import { isDeepStrictEqual } from 'node:util';
import { customerDiff, diffQuery, idParams } from '@tenure/contracts';
import { type CustomerState, isoInstant } from '@tenure/domain';
import { defineRoute, Problem, type Route, readAsOf, type ServiceContext } from '@tenure/runtime';
import { historyItemOf } from '../history-item.ts';
import { knownHistory, stateAt } from '../known-history.ts';
import { servicesOf } from '../services-of.ts';

/** Between instants that lie far apart, the latest events are named. */
const mostEvents = 500;

/** What changed about a customer between two instants, field by field, with the events that did it. */
export function diffRoutes(context: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit/customers/{id}/diff',
      operationId: 'getDiff',
      summary: 'What changed about a customer between two instants',
      tags: ['audit'],
      scopes: ['audit:read'],
      limits: { bodyBytes: 0, timeoutMs: 9_000 },
      params: idParams,
      query: diffQuery,
      responses: { 200: { description: 'Fields before and after, and the events in between', schema: customerDiff } },
      problems: ['not-found', 'in-the-future', 'invalid'],
      awaitsPosition: true,
      handler: async ({ params, query }) => {
        const { asOf: from = 0 } = readAsOf({ asOf: query.from }, context.clock);
        const { asOf: to = 0 } = readAsOf({ asOf: query.to }, context.clock);
        if (from > to) {
          const errors = [{ pointer: '/to', detail: 'must not be before from' }];
          throw new Problem('invalid', 'The query is not valid', { errors });
        }
        const known = await knownHistory(context, params.id, query);
        const { history, knownAt } = known;
        const events = history.events.filter(({ occurredAt }) => occurredAt > from && occurredAt <= to);
        return {
          status: 200,
          body: {
            customerId: history.canonicalId,
            from: isoInstant(from),
            to: isoInstant(to),
            knownAt,
            changes: changesBetween(fieldsOf(stateAt(known, from)), fieldsOf(stateAt(known, to))),
            events: events.slice(-mostEvents).map(historyItemOf),
            eventCount: events.length,
          },
        };
      },
    }),
  ];
}

/** The fields of all services by `service.field`; none of who was not known yet. */
function fieldsOf(state: CustomerState | undefined): ReadonlyMap<string, unknown> {
  if (state === undefined) return new Map();
  return new Map(
    Object.entries(servicesOf(state)).flatMap(([service, fields]) =>
      Object.entries(fields).map(([name, value]) => [`${service}.${name}`, value] as const),
    ),
  );
}

function changesBetween(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>) {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((field) => ({ field, before: before.get(field) ?? null, after: after.get(field) ?? null }))
    .filter((change) => !isDeepStrictEqual(change.before, change.after));
}
