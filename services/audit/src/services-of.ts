import { type CustomerState, isoInstant } from '@tenure/domain';

const instantOrNull = (instant: number | null): string | null => (instant === null ? null : isoInstant(instant));

/** A customer's state by the service that knows it, as JSON. */
export function servicesOf(state: CustomerState): Record<string, Record<string, unknown>> {
  const { account } = state;
  return {
    profile: {
      customerSince: isoInstant(state.customerSince),
      kind: state.kind,
      class: state.class,
      keys: state.keys,
      attributes: Object.fromEntries(
        [...state.attributes].map(([name, attribute]) => [
          name,
          { ...attribute, observedAt: isoInstant(attribute.observedAt) },
        ]),
      ),
      contactPoints: [...state.contactPoints].map(([id, point]) => ({ id, ...point })),
    },
    interaction: {
      spend: [...state.spend].map(([currency, amountMinor]) => ({ amountMinor, currency })),
      frequency: state.frequency,
      purchaseDays: state.purchaseDays,
      lastPurchaseAt: instantOrNull(state.lastPurchaseAt),
      contacts: state.contacts,
      lastContactAt: instantOrNull(state.lastContactAt),
      openFollowUps: state.openFollowUps,
    },
    complaint: { openComplaints: state.openComplaints },
    loyalty: {
      tier: account.tier,
      tierSince: instantOrNull(account.tierSince),
      points: account.balance,
      debt: account.debt,
      lots: account.lots.map(({ source, orderId, earnedAt, expiresAt, points, remaining, expired }) => ({
        source,
        orderId,
        earnedAt: isoInstant(earnedAt),
        expiresAt: isoInstant(expiresAt),
        points,
        remaining,
        expired,
      })),
      tiers: account.tierSteps.map((step) => ({ ...step, at: isoInstant(step.at) })),
    },
    analytics: {
      stage: state.stage,
      stageSince: isoInstant(state.stageSince),
      ...(state.model === null
        ? {}
        : { model: { ...state.model, since: isoInstant(state.model.since ?? state.customerSince) } }),
      stages: state.transitions.map((step) => ({ ...step, at: isoInstant(step.at) })),
      satisfaction: state.satisfaction,
      satisfactionBand: state.satisfactionBand,
    },
  };
}
