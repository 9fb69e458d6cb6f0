import { idParams, timelineItem, timelineQuery } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import { decodeCursor, encodeCursor, type ListIdentity } from '@tenure/read-store';
import { answerList, defineRoute, listResponse, type Route, readAsOf, type ServiceContext } from '@tenure/runtime';
import { type RecordedEvent, readHistory } from '@tenure/runtime/views';
import type { z } from 'zod';
import { noCustomer } from '../customer-reads.ts';

type Item = z.output<typeof timelineItem>;

const items = listResponse(timelineItem, 'What happened, newest first');
const rowsAtOnce = 500;
/** The timeline is read from the log, which has no versions. */
const version = 'log';

/** What happened to a customer, newest first, out of the log. */
export function timelineRoutes(context: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/customers/{id}/timeline',
      operationId: 'getTimeline',
      summary: 'What happened, newest first',
      tags: ['customers'],
      scopes: ['customers:read'],
      limits: { bodyBytes: 0, timeoutMs: 8_000 },
      params: idParams,
      query: timelineQuery,
      responses: { 200: items },
      problems: ['not-found', 'in-the-future'],
      awaitsPosition: true,
      handler: async (request) => {
        const { params, query } = request;
        const { asOf, knownAt } = readAsOf(query, context.clock);
        const history = await readHistory(context.store, params.id, knownAt === undefined ? {} : { knownAt });
        if (history === undefined) throw noCustomer(params.id);
        const types = query.type === undefined ? undefined : new Set(query.type.split(','));
        const events = history.events
          .filter((event) => (asOf === undefined || event.occurredAt <= asOf) && (types?.has(event.type) ?? true))
          .sort(newestFirst);
        const list: ListIdentity = {
          collection: 'timeline',
          filter: { id: params.id, type: query.type ?? null },
          sort: [{ field: 'occurredAt', direction: -1 }],
        };
        const from = (cursor: string | undefined): number => {
          if (cursor === undefined) return 0;
          const [occurredAt, position] = decodeCursor(cursor, version, list);
          return events.findIndex((event) => isAfter(event, Number(occurredAt), String(position)));
        };
        const slice = (start: number, count: number): readonly Item[] =>
          start < 0 ? [] : events.slice(start, start + count).map(timelineItemOf);
        return answerList(request, items, {
          page: async (limit, cursor) => {
            const start = from(cursor);
            const last = events[start + limit - 1];
            const isLast = start < 0 || last === undefined || start + limit >= events.length;
            return {
              items: slice(start, limit),
              nextCursor: isLast ? null : encodeCursor(version, list, [last.occurredAt, last.position]),
            };
          },
          stream: async function* stream(cursor) {
            const start = from(cursor);
            if (start < 0) return;
            for (let row = start; row < events.length; row += rowsAtOnce) yield slice(row, rowsAtOnce);
          },
        });
      },
    }),
  ];
}

function newestFirst(left: RecordedEvent, right: RecordedEvent): number {
  return right.occurredAt - left.occurredAt || (left.position < right.position ? 1 : -1);
}

function isAfter(event: RecordedEvent, occurredAt: number, position: string): boolean {
  return event.occurredAt < occurredAt || (event.occurredAt === occurredAt && event.position < position);
}

function timelineItemOf(event: RecordedEvent): Item {
  const { id, type, position, customerId } = event;
  return {
    id,
    type,
    occurredAt: isoInstant(event.occurredAt),
    recordedAt: isoInstant(event.recordedAt),
    customerId,
    data: { ...event.data },
    ...(event.personal === undefined ? {} : { personal: { ...event.personal } }),
    position,
  };
}
