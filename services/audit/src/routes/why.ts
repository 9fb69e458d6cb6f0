import { type Evidence, type Explanation as Explained, idParams, whyAnswer, whyQuery } from '@tenure/contracts';
import { calendarOf, type Explanation, explain, type Fact, factsOf, isoInstant } from '@tenure/domain';
import { defineRoute, Problem, type Route, readAsOf, readPolicies, type ServiceContext } from '@tenure/runtime';
import { factsOfHistory, type RecordedEvent, readHistory } from '@tenure/runtime/views';

/** A value that stands on more events names the latest of them. */
const mostEvents = 100;

/** The chain of events behind a derived value, with the rule, its policy and the numbers that met it. */
export function whyRoutes(context: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit/customers/{id}/why',
      operationId: 'getWhy',
      summary: 'Why a derived value of a customer is what it is',
      tags: ['audit'],
      scopes: ['audit:read'],
      limits: { bodyBytes: 0, timeoutMs: 9_000 },
      params: idParams,
      query: whyQuery,
      responses: { 200: { description: 'The value with what it stands on', schema: whyAnswer } },
      problems: ['not-found', 'in-the-future'],
      awaitsPosition: true,
      handler: async ({ params, query }) => {
        const now = context.clock.now();
        const { asOf = now, knownAt } = readAsOf(query, context.clock);
        const known = knownAt === undefined ? {} : { knownAt };
        const history = await readHistory(context.store, params.id, known);
        const policies = await readPolicies(context.store, known);
        const facts = history === undefined ? [] : factsOfHistory(history);
        const explanation = explain(query.field, facts, policies, calendarOf(context.zone), asOf);
        const last = history?.events.findLast((event) => event.occurredAt <= asOf);
        if (history === undefined || explanation === undefined || last === undefined) {
          throw new Problem('not-found', `Nothing is known of ${params.id} by then`);
        }
        return {
          status: 200,
          body: {
            customerId: history.canonicalId,
            asOf: isoInstant(asOf),
            knownAt: isoInstant(knownAt ?? now),
            position: last.position,
            explanation: shown(explanation, eventsByFact(history.events)),
          },
        };
      },
    }),
  ];
}

function shown(explanation: Explanation, events: ReadonlyMap<string, RecordedEvent>): Explained {
  const { field, value, since, rule, policy, numbers, words, facts, because } = explanation;
  return {
    field,
    value,
    since: since === null ? null : isoInstant(since),
    rule,
    policy,
    numbers,
    words,
    events: facts.slice(-mostEvents).flatMap((fact) => evidenceOf(fact, events.get(factKey(fact)))),
    eventCount: facts.length,
    because: because.map((before) => shown(before, events)),
  };
}

function evidenceOf(fact: Fact, event: RecordedEvent | undefined): readonly Evidence[] {
  if (event === undefined) return [];
  const { id: eventId, position, type, occurredAt, recordedAt, metadata } = event;
  return [
    {
      eventId,
      position,
      type,
      occurredAt: isoInstant(occurredAt),
      recordedAt: isoInstant(recordedAt),
      service: metadata.service,
      actor: metadata.actor,
      source: fact.source === '' ? null : fact.source,
      id: fact.id,
    },
  ];
}

/** By which event each fact is known: the first that said it. */
function eventsByFact(events: readonly RecordedEvent[]): ReadonlyMap<string, RecordedEvent> {
  const byFact = new Map<string, RecordedEvent>();
  for (const event of events) {
    for (const fact of factsOf(event)) if (!byFact.has(factKey(fact))) byFact.set(factKey(fact), event);
  }
  return byFact;
}

function factKey({ kind, at, source, id, line = '' }: Fact): string {
  return [kind, at, source, id, line].join('\n');
}
