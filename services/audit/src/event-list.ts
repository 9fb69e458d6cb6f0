import { decodeCursor, encodeCursor, type ListIdentity } from '@tenure/read-store';
import type { ListSource } from '@tenure/runtime';
import type { Shown } from './history-item.ts';

export type Order = 'recorded' | 'content';

const rowsAtOnce = 500;
/** Events are read from the log, which has no versions. */
const version = 'log';

const byPosition = (left: Shown, right: Shown): number => (left.position < right.position ? -1 : 1);

const orders: Readonly<Record<Order, (left: Shown, right: Shown) => number>> = {
  recorded: byPosition,
  content: (left, right) => left.occurredAt - right.occurredAt || byPosition(left, right),
};

interface EventListOptions<E extends Shown, Item extends object> {
  readonly collection: string;
  /** What else the list depends on: a cursor is good for the same list only. */
  readonly filter: NonNullable<ListIdentity['filter']>;
  readonly order: Order;
  readonly toItem: (event: E) => Item;
}

/** Events as a list with pages, a cursor naming the last event of the page before. */
export function eventList<E extends Shown, Item extends object>(
  unsorted: readonly E[],
  { collection, filter, order, toItem }: EventListOptions<E, Item>,
): ListSource<Item> {
  const events = [...unsorted].sort(orders[order]);
  const list: ListIdentity = { collection, filter, sort: [{ field: 'at', direction: 1 }] };
  const startAt = (cursor: string | undefined): number => {
    if (cursor === undefined) return 0;
    const [at, position] = decodeCursor(cursor, version, list);
    const start = events.findIndex((event) => isAfter(event, order, Number(at), String(position)));
    return start < 0 ? events.length : start;
  };
  const rows = (start: number, count: number): readonly Item[] => events.slice(start, start + count).map(toItem);
  return {
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
  };
}

function sortedAt(event: Shown, order: Order): number {
  return order === 'content' ? event.occurredAt : 0;
}

function isAfter(event: Shown, order: Order, at: number, position: string): boolean {
  const own = sortedAt(event, order);
  return own > at || (own === at && event.position > position);
}
