import { historyItem, historyQuery, idParams, UnreadableEventError } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import { decodeCursor, encodeCursor, type ListIdentity } from '@tenure/read-store';
import {
  answerList,
  defineRoute,
  listResponse,
  Problem,
  type Route,
  readAsOf,
  type ServiceContext,
} from '@tenure/runtime';
import { type RecordedEvent, readStoredHistory, recordedEvent, type StoredHistory } from '@tenure/runtime/views';
import type { z } from 'zod';

type Item = z.output<typeof historyItem>;
type Stored = StoredHistory['events'][number];
type Shown = Stored | RecordedEvent;
type Order = 'recorded' | 'content';

const items = listResponse(historyItem, 'Events with who, when and why');
const rowsAtOnce = 500;
/** History is read from the log, which has no versions. */
const version = 'log';

/** Every event of a customer, over all services, with who, when and why. */
export function historyRoutes(context: ServiceContext): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit/customers/{id}/history',
      operationId: 'getHistory',
      summary: 'Every event of a customer, over all services',
      tags: ['audit'],
      scopes: ['audit:read'],
      limits: { bodyBytes: 0, timeoutMs: 9_000 },
      params: idParams,
      query: historyQuery,
      responses: { 200: items },
      problems: ['not-found', 'in-the-future'],
      awaitsPosition: true,
      handler: async (request) => {
        const { params, query } = request;
        const { knownAt } = readAsOf(query, context.clock);
        const history = await readStoredHistory(context.store, params.id, knownAt === undefined ? {} : { knownAt });
        if (history === undefined) throw new Problem('not-found', `Nothing is known of ${params.id} by then`);
        const order = query.order ?? 'recorded';
        const types = query.type === undefined ? undefined : new Set(query.type.split(','));
        const events = history.events
          .map(asRead)
          .filter(({ type }) => types?.has(type) ?? true)
          .sort(orders[order]);
        const list: ListIdentity = {
          collection: 'history',
          filter: { id: params.id, type: query.type ?? null, order },
          sort: [{ field: 'at', direction: 1 }],
        };
        const startAt = (cursor: string | undefined): number => {
          if (cursor === undefined) return 0;
          const [at, position] = decodeCursor(cursor, version, list);
          const start = events.findIndex((event) => isAfter(event, order, Number(at), String(position)));
          return start < 0 ? events.length : start;
        };
        const rows = (start: number, count: number): readonly Item[] =>
          events.slice(start, start + count).map(historyItemOf);
        return answerList(request, items, {
          page: async (limit, cursor) => {
            const start = startAt(cursor);
            const last = start + limit < events.length ? events[start + limit - 1] : undefined;
            const nextCursor =
              last === undefined ? null : encodeCursor(version, list, [sortedAt(last, order), last.position]);
            return { items: rows(start, limit), nextCursor };
          },
          stream: async function* stream(cursor) {
            for (let row = startAt(cursor); row < events.length; row += rowsAtOnce) yield rows(row, rowsAtOnce);
          },
        });
      },
    }),
  ];
}

const byPosition = (left: Shown, right: Shown): number => (left.position < right.position ? -1 : 1);

const orders: Readonly<Record<Order, (left: Shown, right: Shown) => number>> = {
  recorded: byPosition,
  content: (left, right) => left.occurredAt - right.occurredAt || byPosition(left, right),
};

function sortedAt(event: Shown, order: Order): number {
  return order === 'content' ? event.occurredAt : 0;
}

function isAfter(event: Shown, order: Order, at: number, position: string): boolean {
  const own = sortedAt(event, order);
  return own > at || (own === at && event.position > position);
}

/** In the current version of its type, as far as that is known here: what cannot be read is shown as it is stored. */
function asRead(stored: Stored): Shown {
  try {
    return recordedEvent(stored);
  } catch (error) {
    if (error instanceof UnreadableEventError) return stored;
    throw error;
  }
}

function historyItemOf(event: Shown): Item {
  const { id, position, type, version: eventVersion, customerId, stream, revision, metadata, personal, erased } = event;
  const { service, actor, commandId, causationId, correlationId, session } = metadata;
  return {
    id,
    position,
    recordedAt: isoInstant(event.recordedAt),
    occurredAt: isoInstant(event.occurredAt),
    type,
    version: eventVersion,
    service,
    actor,
    customerId: customerId ?? null,
    stream,
    revision,
    commandId,
    causationId,
    correlationId,
    ...(session === undefined ? {} : { session }),
    data: { ...event.data },
    ...(personal === undefined ? {} : { personal: { ...personal } }),
    ...(erased === true ? { erased } : {}),
  };
}
