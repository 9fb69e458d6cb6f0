import type { CustomerView } from '@tenure/contracts';
import type { CustomerState } from '@tenure/domain';
import { Problem, readPolicies, type ServiceContext } from '@tenure/runtime';
import { foldCustomer } from './as-of/fold-customer.ts';
import { type CustomerTimes, type StoredCustomer, storedCustomer } from './projections/customer-document.ts';
import { recencyOf } from './recency.ts';

/** A customer view as JSON text, with what its headers say. */
export interface CustomerAnswer {
  readonly json: string;
  /** Of the profile; undefined as of another instant. */
  readonly revision: number | undefined;
  readonly position: string;
}

const timesStart = '"_times":';
const viewStart = '},"id":"';

/** All ids of the customer with this id, as far as the views know them. */
export async function idsOf({ views }: Pick<ServiceContext, 'views'>, id: string): Promise<readonly string[]> {
  const reader = views.current();
  const canonicalId = (await reader.get('aliases', id))?.document.canonicalId;
  const stored = await reader.get('customers', typeof canonicalId === 'string' ? canonicalId : id);
  const { id: own = id, aliases = [] } = (stored?.document ?? {}) as Partial<StoredCustomer>;
  return [own, ...aliases];
}

/** The single customer view as of now, out of its document unless time has moved the customer on since. */
export async function currentCustomer(context: ServiceContext, id: string): Promise<CustomerAnswer> {
  const { views, clock } = context;
  const reader = views.current();
  let stored = await reader.getRaw('customers', id);
  if (stored === undefined) {
    const alias = await reader.get('aliases', id);
    const canonicalId = alias?.document.canonicalId;
    if (typeof canonicalId === 'string') stored = await reader.getRaw('customers', canonicalId);
  }
  if (stored === undefined) throw noCustomer(id);
  const { json, guard } = stored;
  const end = json.indexOf(viewStart);
  const times = JSON.parse(json.slice(json.indexOf(timesStart) + timesStart.length, end + 1)) as CustomerTimes;
  const now = clock.now();
  if (isPassed(times, now)) return customerAt(context, id, { asOf: now, knownAt: undefined }, times.revision);
  const view = `{${json.slice(end + 2, -1)},"recency":${recencyOf(times.lastPurchaseMs, now)}}`;
  return { json: view, revision: times.revision, position: guard };
}

/** Whether the document shows another instant than now: a timer is due, or a fact lies ahead. */
function isPassed(times: CustomerTimes, now: number): boolean {
  return (
    times.until > now ||
    (times.nextStageChangeAt ?? Number.POSITIVE_INFINITY) <= now ||
    (times.nextLoyaltyChangeAt ?? Number.POSITIVE_INFINITY) <= now ||
    (times.nextFollowUpDueAt ?? Number.POSITIVE_INFINITY) <= now
  );
}

/** The single customer view as of an instant and of what was known, folded from the log. */
export async function customerAt(
  context: ServiceContext,
  id: string,
  { asOf, knownAt }: { readonly asOf: number | undefined; readonly knownAt: number | undefined },
  revision?: number,
): Promise<CustomerAnswer> {
  const policies = await readPolicies(context.store, knownAt === undefined ? {} : { knownAt });
  const folded = await foldCustomer(context, id, { asOf: asOf ?? context.clock.now(), knownAt }, policies);
  if (folded === undefined) throw noCustomer(id);
  const { state, ids, position } = folded;
  return { json: JSON.stringify(viewOf(storedCustomer(state, ids, position), state)), revision, position };
}

function viewOf(stored: StoredCustomer, state: CustomerState): CustomerView {
  return { ...stored, recency: recencyOf(state.lastPurchaseAt, state.until) };
}

export function noCustomer(id: string): Problem {
  return new Problem('not-found', `There is no customer ${id} by then`);
}
