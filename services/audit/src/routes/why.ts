import { type Evidence, type Explanation as Explained, idParams, whyAnswer, whyQuery } from '@tenure/contracts';
import { type Explanation, explain, type Fact, factsOf, isoInstant } from '@tenure/domain';
import { defineRoute, type Route, readAsOf, type ServiceContext } from '@tenure/runtime';
import type { RecordedEvent } from '@tenure/runtime/views';
import { namedEventOf } from '../history-item.ts';
import { knownHistory, nothingKnown, positionAt } from '../known-history.ts';

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
        const { asOf = context.clock.now() } = readAsOf(query, context.clock);
        const { history, facts, policies, calendar, knownAt } = await knownHistory(context, params.id, query);
        const explanation = explain(query.field, facts, policies, calendar, asOf);
        if (explanation === undefined) throw nothingKnown(params.id);
        return {
          status: 200,
          body: {
            customerId: history.canonicalId,
            asOf: isoInstant(asOf),
            knownAt,
            position: positionAt(history, params.id, asOf),
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
  return [
    {
      ...namedEventOf(event),
      service: event.metadata.service,
      actor: event.metadata.actor,
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
