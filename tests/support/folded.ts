import { type CustomerState, calendarOf, derive, type Policies } from '@tenure/domain';
import type { EventStore, Position, StoredEvent } from '@tenure/event-store';
import { readPolicies } from '@tenure/runtime';
import { factsOfHistory, readHistory } from '@tenure/runtime/views';
import { derivedStanding, type Standing, standingOf } from './standing.ts';

/** One customer, folded from nothing but the log. */
export interface Folded {
  readonly ids: readonly string[];
  readonly state: CustomerState;
  readonly position: Position;
}

/** Folds a customer's facts up to a position, as of an instant; undefined if there are none. */
export async function foldCustomer(
  store: EventStore,
  id: string,
  policies: Policies,
  { until, upTo }: { readonly until: number; readonly upTo?: Position },
): Promise<Folded | undefined> {
  const known = upTo === undefined ? {} : { upTo };
  const history = await readHistory(store, id, known);
  if (history === undefined) return undefined;
  const state = derive(factsOfHistory(history), policies, calendarOf('UTC'), until);
  const position = history.events.at(-1)?.position ?? '';
  return state === undefined ? undefined : { ids: history.ids, state, position };
}

/** All customers, by canonical id. Those who are only known by name have no state. */
export async function foldEveryone(
  store: EventStore,
  events: readonly StoredEvent[],
  until: number,
): Promise<ReadonlyMap<string, Folded>> {
  const everyone = new Map<string, Folded>();
  const policies = await readPolicies(store);
  for (const { type, customerId } of events) {
    if (type !== 'CustomerRegistered' || customerId === null) continue;
    const folded = await foldCustomer(store, customerId, policies, { until });
    const canonicalId = folded?.ids[0];
    if (folded !== undefined && canonicalId !== undefined) everyone.set(canonicalId, folded);
  }
  return everyone;
}

/** I23: of customers for whom what stands recorded is not what is derived, both. */
export function recordedOtherwise(
  everyone: ReadonlyMap<string, Folded>,
  events: readonly StoredEvent[],
): readonly { readonly id: string; readonly recorded: Standing; readonly derived: Standing }[] {
  const byStream = Map.groupBy(events, ({ stream }) => stream);
  return [...everyone].flatMap(([id, { state }]) => {
    const own = [...(byStream.get(`lifecycle-${id}`) ?? []), ...(byStream.get(`loyalty-${id}`) ?? [])];
    const recorded = standingOf(own);
    const derived = derivedStanding(state);
    return JSON.stringify(recorded) === JSON.stringify(derived) ? [] : [{ id, recorded, derived }];
  });
}
