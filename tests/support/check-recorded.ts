import { upcast } from '@tenure/contracts';
import { calendarOf, derive, factsOf, noPolicies, type Policies, withPolicy } from '@tenure/domain';
import type { StoredEvent } from '@tenure/event-store';
import { derivedStanding, type Standing, standingOf } from './standing.ts';

/** A customer for whom the log says something else than what follows from its facts. */
export interface RecordedFault {
  readonly customerId: string;
  readonly recorded: Standing;
  readonly derived: Standing;
}

export interface RecordedCheck {
  /** Customers that were compared, those of linked ids once. */
  readonly customers: number;
  /** Of import sessions that are still open: nothing is recorded for them yet. */
  readonly held: readonly string[];
  readonly faults: readonly RecordedFault[];
  /** Restatements that took back nothing of what stood: positions. */
  readonly needless: readonly string[];
}

const nothing: Standing = { stages: [], points: [], tiers: [] };

/**
 * I23 over any log: what stands recorded about each customer is what follows from the facts, and under an id that is not
 * its customer's first nothing stands. It reads nothing but the events, and finds out by itself who is who.
 * @param events the whole log, in order
 * @param now up to when time has done its work, ms since 1970 UTC
 */
export function checkRecorded(events: readonly StoredEvent[], now: number, zone = 'UTC'): RecordedCheck {
  const policies = policiesOf(events);
  const calendar = calendarOf(zone);
  const byStream = Map.groupBy(events, ({ stream }) => stream);
  const sessions = openSessions(events);
  const held: string[] = [];
  const faults: RecordedFault[] = [];
  const everyone = customersOf(events, byStream);
  for (const [customerId, { ids, own }] of everyone) {
    if (own.some(({ metadata }) => metadata.session !== undefined && sessions.has(metadata.session))) {
      held.push(customerId);
      continue;
    }
    const facts = own.flatMap((event) => {
      const { occurredAt, stream, revision } = event;
      return factsOf({ ...upcast(event), occurredAt, stream, revision });
    });
    const until = facts.reduce((last, fact) => (fact.kind === 'key' ? last : Math.max(last, fact.at)), now);
    const state = derive(facts, policies, calendar, until);
    for (const id of ids) {
      const streams = [...(byStream.get(`lifecycle-${id}`) ?? []), ...(byStream.get(`loyalty-${id}`) ?? [])];
      const recorded = standingOf(streams);
      const derived = id === customerId && state !== undefined ? derivedStanding(state) : nothing;
      if (JSON.stringify(recorded) !== JSON.stringify(derived)) faults.push({ customerId: id, recorded, derived });
    }
  }
  return { customers: everyone.size, held, faults, needless: needlessRestatements(byStream) };
}

/** A restatement is for a past that changed: it takes something back that stood, or says it otherwise. */
function needlessRestatements(byStream: ReadonlyMap<string, readonly StoredEvent[]>): readonly string[] {
  return [...byStream].flatMap(([stream, events]) => {
    if (!stream.startsWith('lifecycle-') && !stream.startsWith('loyalty-')) return [];
    return events.flatMap(({ type, position }, index) => {
      if (!type.endsWith('Restated')) return [];
      const before = standingOf(events.slice(0, index));
      const after = standingOf(events.slice(0, index + 1));
      const goesOn =
        before.stages.every((step, number) => after.stages[number] === step) &&
        before.tiers.every((step, number) => after.tiers[number] === step) &&
        before.points.every((entry) => after.points.includes(entry));
      return goesOn ? [position] : [];
    });
  });
}

function policiesOf(events: readonly StoredEvent[]): Policies {
  return events.reduce((policies, stored) => {
    const event = upcast(stored);
    return event.type === 'PolicyPublished' ? withPolicy(policies, event) : policies;
  }, noPolicies);
}

function openSessions(events: readonly StoredEvent[]): ReadonlySet<string> {
  const open = new Set<string>();
  for (const { type, data } of events) {
    const { session } = data as { session?: string };
    if (session === undefined) continue;
    if (type === 'ImportStarted') open.add(session);
    if (type === 'ImportFinished') open.delete(session);
  }
  return open;
}

interface Customer {
  /** The first registered first. */
  readonly ids: readonly string[];
  readonly own: readonly StoredEvent[];
}

/** Events by customer, under the first registered of the ids that links connect; with what they claimed. */
function customersOf(
  events: readonly StoredEvent[],
  byStream: ReadonlyMap<string, readonly StoredEvent[]>,
): ReadonlyMap<string, Customer> {
  const registered = events.flatMap(({ type, customerId }) =>
    type === 'CustomerRegistered' && customerId !== null ? [customerId] : [],
  );
  const links = events.flatMap(({ type, customerId, data }) =>
    type === 'KeyLinked' && customerId !== null
      ? [[customerId, (data as { otherCustomerId: string }).otherCustomerId] as const]
      : [],
  );
  // Whoever is linked takes on the earlier of both; again, until nobody changes.
  const rank = new Map(registered.map((id, index) => [id, index]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [one, other] of links) {
      const first = Math.min(rank.get(one) ?? 0, rank.get(other) ?? 0);
      for (const id of [one, other]) {
        if (rank.get(id) === first) continue;
        rank.set(id, first);
        changed = true;
      }
    }
  }
  const byId = Map.groupBy(events, ({ customerId }) => customerId);
  const idsByRank = Map.groupBy(registered, (id) => rank.get(id) ?? 0);
  return new Map(
    [...idsByRank].map(([first, ids]) => {
      const own = ids.flatMap((id) => byId.get(id) ?? []);
      const claimed = own
        .filter(({ type }) => type === 'PurchaseClaimed')
        .flatMap(({ stream }) => (byStream.get(stream) ?? []).filter(({ customerId }) => customerId === null));
      return [registered[first] ?? '', { ids, own: [...own, ...claimed] }];
    }),
  );
}
