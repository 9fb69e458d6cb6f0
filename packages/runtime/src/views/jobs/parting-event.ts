import { isDeepStrictEqual } from 'node:util';
import { type Calendar, CustomerFold, type Policies, Standings } from '@tenure/domain';
import type { EventStore, Position } from '@tenure/event-store';
import type { Document, ViewSet } from '@tenure/read-store';
import { learn, shownState } from '../customer-cache.ts';
import { readHistory } from '../history.ts';
import type { KnownCustomer } from '../known-customer.ts';
import { type RecordedEvent, recordedEvent } from '../recorded-event.ts';
import type { DocumentChange, Projection } from '../types.ts';

export interface PartingParts {
  readonly store: EventStore;
  /** What the projections read that they made before. */
  readonly expected: ViewSet;
  readonly projections: readonly Projection[];
  readonly policies: Policies;
  /** When the last of them became known, ms. */
  readonly policiesAt: number;
  readonly calendar: Calendar;
  readonly now: () => number;
}

export interface WrongDocument {
  readonly collection: string;
  readonly id: string;
  readonly customerId: string | null;
  readonly served: Document | undefined;
  readonly expected: Document | undefined;
  /** The fields that differ, of the document itself; none: it is there in one of both only. */
  readonly fields: ReadonlySet<string>;
}

/** Folding a history once more for each of its events is for histories of a usual length. */
const mostEvents = 2_000;

/**
 * The first event that a served document does not show: the document is made again event by event, and as long as the
 * fields in question come out as they are served the two are together. Those that never did parted where they last changed. Undefined
 * where no event makes the document, or its history is too long.
 */
export async function partingEvent(
  { collection, id, customerId, served, expected, fields }: WrongDocument,
  parts: PartingParts,
): Promise<RecordedEvent | undefined> {
  const projection = parts.projections.find(({ collections }) => collections.some(({ name }) => name === collection));
  if (projection === undefined) return undefined;
  const history = customerId === null ? undefined : await readHistory(parts.store, customerId);
  const ids = history?.ids ?? [];
  const events = new Map<Position, RecordedEvent>((history?.events ?? []).map((event) => [event.position, event]));
  for (const stream of streamsNamedIn(served ?? expected, id)) {
    for (const stored of await parts.store.readStream(stream)) events.set(stored.position, recordedEvent(stored));
  }
  if (events.size === 0 || events.size > mostEvents) return undefined;
  const ordered = [...events.values()].sort((left, right) => (left.position < right.position ? -1 : 1));
  const made =
    projection.customer === undefined ? madeOfEvents(projection, parts) : madeOfCustomer(projection, ids, parts);

  const shown = partOf(served, fields);
  let before: unknown;
  let isTogether = served === undefined;
  let parted: RecordedEvent | undefined;
  let lastChange: RecordedEvent | undefined;
  let document: Document | undefined;
  for (const event of ordered) {
    const own = (await made(event)).find((change) => change.collection === collection && change.id === id);
    if (own !== undefined) document = own.document ?? undefined;
    const after = partOf(document, fields);
    if (!isDeepStrictEqual(after, before)) lastChange = event;
    const wasTogether = isTogether;
    isTogether = isDeepStrictEqual(after, shown);
    if (wasTogether && !isTogether) parted = event;
    before = after;
  }
  return parted ?? lastChange;
}

/** What a document holds in some of its fields, as JSON says it; all of it without any. */
function partOf(document: Document | undefined, fields: ReadonlySet<string>): unknown {
  if (document === undefined) return undefined;
  const entries = Object.entries(document).filter(([name]) => fields.size === 0 || fields.has(name));
  return JSON.parse(JSON.stringify(Object.fromEntries(entries)));
}

type MadeBy = (event: RecordedEvent) => Promise<readonly DocumentChange[]>;

function madeOfEvents(projection: Projection, { store, expected: views, calendar, now }: PartingParts): MadeBy {
  return async (event) => {
    if (projection.eventTypes?.has(event.type) !== true) return [];
    return (await projection.event?.(event, { store, views, calendar, now })) ?? [];
  };
}

function madeOfCustomer(projection: Projection, ids: readonly string[], parts: PartingParts): MadeBy {
  const { store, expected: views, calendar, now, policies, policiesAt } = parts;
  const customer: KnownCustomer = {
    id: ids[0] ?? '',
    ids,
    fold: new CustomerFold(policies, calendar),
    standings: ids.length === 1 ? new Standings(ids[0] ?? '') : undefined,
    isRetold: false,
    foldedUpTo: new Map(),
    changedAt: '',
    until: 0,
    profileRevision: -1,
    marks: new Map(),
    notes: new Map(),
  };
  return async (event) => {
    learn(customer, [event]);
    const state = shownState(customer);
    if (state === undefined) return [];
    // What was noted is of what was written; here nothing is.
    customer.notes.clear();
    // What stood at each moment of knowledge is no matter of one event.
    const changed = { customer, state, events: [event], policiesAt, standings: new Map() };
    return projection.customer?.(changed, { store, views, calendar, now }) ?? [];
  };
}

/** Streams that a document or its id names. */
function streamsNamedIn(document: Document | undefined, id: string): readonly string[] {
  const named = [id, document?.stream, document?._stream];
  return [...new Set(named.filter((name) => typeof name === 'string' && /^[a-z-]+-[0-9a-f]{32}$/.test(name)))].map(
    String,
  );
}
