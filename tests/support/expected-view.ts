import type { CustomerState } from '@tenure/domain';
import type { Body } from './running.ts';

/** What a customer view says of a state, but for its position and what depends on the moment of reading. */
export function expectedView(state: CustomerState, [id, ...aliases]: readonly string[]): Body {
  return {
    id,
    aliases,
    keys: [...state.keys],
    kind: state.kind,
    class: state.class,
    attributes: Object.fromEntries(
      [...state.attributes].map(([name, attribute]) => [name, { ...attribute, observedAt: iso(attribute.observedAt) }]),
    ),
    contactPoints: [...state.contactPoints].map(([pointId, point]) => ({ id: pointId, ...point })),
    customerSince: iso(state.customerSince),
    stage: state.stage,
    stageSince: iso(state.stageSince),
    tier: state.account.tier,
    tierSince: iso(state.account.tierSince),
    points: state.account.balance,
    satisfaction: state.satisfaction,
    satisfactionBand: state.satisfactionBand,
    lastPurchaseAt: iso(state.lastPurchaseAt),
    frequency: state.frequency,
    purchaseDays: state.purchaseDays,
    spend: [...state.spend]
      .map(([currency, amountMinor]) => ({ amountMinor, currency }))
      .sort((left, right) => (left.currency < right.currency ? -1 : 1)),
    openComplaints: state.openComplaints,
    openFollowUps: state.openFollowUps,
    contacts: state.contacts,
    lastContactAt: iso(state.lastContactAt),
    segments: [],
    quality: null,
  };
}

/** The same of an answer or a document. */
export function shownView({ position: _position, recency: _recency, _id, _times, ...view }: Body): Body {
  return view;
}

function iso(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
