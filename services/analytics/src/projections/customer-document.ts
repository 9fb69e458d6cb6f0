import type { CustomerView } from '@tenure/contracts';
import { type CustomerState, isoInstant } from '@tenure/domain';

/** Everything about one customer that changes by events; what depends on now is added when it is read. */
export type StoredCustomer = Omit<CustomerView, 'recency'>;

/** What the document holds beside the view, for timers and for telling whether it is still as of now. In ms. */
export type CustomerTimes = {
  /** When the last fact of theirs became known. */
  readonly knownAt: number;
  /** When the last of the policies that they were folded by became known. */
  readonly policiesAt: number;
  /** The instant that the document shows. */
  readonly until: number;
  readonly nextStageChangeAt: number | null;
  readonly nextLoyaltyChangeAt: number | null;
  /** When the tier is looked at again. */
  readonly nextReviewAt: number | null;
  readonly nextFollowUpDueAt: number | null;
  readonly lastPurchaseMs: number | null;
  /** Orders customers as their recency does, at any instant: none first, then who bought last. */
  readonly recencyOrder: number | null;
  /** Of the profile, for `If-Match`. */
  readonly revision: number;
};

export type CustomerDocument = StoredCustomer & { readonly _id: string; readonly _times: CustomerTimes };

/** The view's fields out of a state. `position`: of the last event that moved it. */
export function storedCustomer(state: CustomerState, ids: readonly string[], position: string): StoredCustomer {
  const [id = '', ...aliases] = ids;
  return {
    id,
    aliases,
    keys: [...state.keys],
    kind: state.kind,
    class: state.class,
    attributes: Object.fromEntries(
      [...state.attributes].map(([name, { value, category, source, observedAt }]) => [
        name,
        { value, category, source, observedAt: isoInstant(observedAt) },
      ]),
    ),
    contactPoints: [...state.contactPoints].map(([pointId, point]) => ({ id: pointId, ...point })),
    customerSince: isoInstant(state.customerSince),
    stage: state.stage,
    stageSince: isoInstant(state.stageSince),
    tier: state.account.tier,
    tierSince: state.account.tierSince === null ? null : isoInstant(state.account.tierSince),
    points: state.account.balance,
    satisfaction: state.satisfaction,
    satisfactionBand: state.satisfactionBand,
    lastPurchaseAt: state.lastPurchaseAt === null ? null : isoInstant(state.lastPurchaseAt),
    frequency: state.frequency,
    purchaseDays: state.purchaseDays,
    spend: [...state.spend].sort(byCurrency).map(([currency, amountMinor]) => ({ amountMinor, currency })),
    openComplaints: state.openComplaints,
    openFollowUps: state.openFollowUps,
    contacts: state.contacts,
    lastContactAt: state.lastContactAt === null ? null : isoInstant(state.lastContactAt),
    segments: [],
    quality: null,
    position,
  };
}

/** The document of a customer. `revision`: of their profile. */
export function customerDocument(
  state: CustomerState,
  ids: readonly string[],
  position: string,
  { revision, knownAt, policiesAt }: Pick<CustomerTimes, 'revision' | 'knownAt' | 'policiesAt'>,
): CustomerDocument {
  const stored = storedCustomer(state, ids, position);
  const { until, nextStageChangeAt, nextLoyaltyChangeAt, nextFollowUpDueAt, lastPurchaseAt: lastPurchaseMs } = state;
  const recencyOrder = lastPurchaseMs === null ? null : -lastPurchaseMs;
  const times: CustomerTimes = {
    knownAt,
    policiesAt,
    until,
    nextStageChangeAt,
    nextLoyaltyChangeAt,
    nextReviewAt: state.account.reviewAt ?? null,
    nextFollowUpDueAt,
    lastPurchaseMs,
    recencyOrder,
    revision,
  };
  return { _id: stored.id, _times: times, ...stored };
}

function byCurrency([left]: readonly [string, number], [right]: readonly [string, number]): number {
  return left < right ? -1 : 1;
}
