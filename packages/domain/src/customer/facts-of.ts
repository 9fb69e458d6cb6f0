import type { DomainEvent } from '@tenure/contracts';
import type { ComplaintStep, Fact } from './fact.ts';

/** An event of a customer's history, lifted to the current version of its type. */
export type HistoricEvent = DomainEvent & {
  readonly occurredAt: number;
  readonly stream: string;
  readonly revision: number;
};

/**
 * The facts that an event of a customer's history holds. Derivations and knowledge hold none: links and claims say which
 * histories belong together, and are resolved by whoever reads them.
 */
export function factsOf(event: HistoricEvent): readonly Fact[] {
  const at = event.occurredAt;
  const step = { at, source: '', id: event.stream, line: String(event.revision).padStart(10, '0') };
  // Profiles of linked ids may each say something about one attribute, at one instant and revision.
  const observed = (id: string) => ({ ...step, id, line: `${event.stream}/${step.line}` });
  const complaint = (name: ComplaintStep, satisfaction?: number): readonly Fact[] => [
    { kind: 'complaint', ...step, step: name, ...(satisfaction === undefined ? {} : { satisfaction }) },
  ];

  switch (event.type) {
    case 'PurchaseRecorded': {
      let total = 0;
      for (const line of event.data.lines) total += line.amountMinor;
      return [
        {
          kind: 'purchase',
          at,
          source: event.data.source,
          id: event.data.orderId,
          currency: event.data.currency,
          total,
        },
      ];
    }
    case 'RefundRecorded': {
      const { source, refundId, currency, originalOrderId } = event.data;
      let amount = 0;
      for (const line of event.data.lines) amount += line.amountMinor;
      const original = originalOrderId === undefined ? {} : { originalOrderId };
      return [{ kind: 'refund', at, source, id: refundId, currency, amount, ...original }];
    }
    case 'CustomerRegistered': {
      const key: Fact = {
        kind: 'key',
        at,
        source: event.data.source,
        id: event.stream,
        key: event.personal?.key ?? null,
      };
      return event.data.via === 'fact' ? [key] : [key, { kind: 'registration', ...step }];
    }
    case 'ProfileCompleted':
      return [{ kind: 'customer-kind', ...step, value: event.data.kind }];
    case 'AttributesChanged':
      return event.data.changes.map((change) => ({
        kind: 'attribute',
        ...observed(change.name),
        at: Date.parse(change.observedAt),
        value: change.value === undefined ? (event.personal?.values[change.name] ?? null) : change.value,
        category: change.category,
        from: change.source,
      }));
    case 'ContactPointAdded': {
      const { kind, verified, contactPointId } = event.data;
      const value = event.personal?.value;
      const point = value === undefined ? null : { kind, value, verified };
      return [{ kind: 'contact-point', ...observed(contactPointId), point }];
    }
    case 'ContactPointRemoved':
      return [{ kind: 'contact-point', ...observed(event.data.contactPointId), point: null }];
    case 'ContactPointVerified':
      return [{ kind: 'contact-point-verified', ...observed(event.data.contactPointId) }];
    case 'KeyAccountMarked':
      return [{ kind: 'key-account', ...step, value: event.data.key }];
    case 'ContactRecorded':
      return [
        { kind: 'contact', at, source: event.data.source, id: event.data.contactId, channel: event.data.channel },
      ];
    case 'SurveyInvited':
      return [{ kind: 'other', ...step }];
    case 'SurveyAnswered': {
      const { source, invitationId, kind, score } = event.data;
      return [{ kind: 'survey-answer', at, source, id: invitationId, survey: kind, score }];
    }
    case 'FollowUpScheduled':
    case 'FollowUpMoved':
      return [{ kind: 'follow-up', ...step, step: 'planned', dueAt: Date.parse(event.data.dueAt) }];
    case 'FollowUpDone': {
      const { satisfaction } = event.data;
      return [{ kind: 'follow-up', ...step, step: 'done', ...(satisfaction === undefined ? {} : { satisfaction }) }];
    }
    case 'FollowUpMissed':
      return [{ kind: 'follow-up', ...step, step: 'missed' }];
    case 'ComplaintFiled':
      return complaint('filed');
    case 'ComplaintFollowedUp':
      return complaint('followed-up', event.data.satisfaction);
    case 'ComplaintClosed':
      return complaint('closed');
    case 'ComplaintReopened':
      return complaint('reopened');
    case 'ComplaintAcknowledged':
    case 'ComplaintAssigned':
    case 'ComplaintAnalysed':
    case 'ComplaintResolved':
      return complaint('handled');
    case 'PurchaseClaimed':
    case 'RefundReserved':
    case 'FactConflictDetected':
    case 'ImportStarted':
    case 'ImportFinished':
    case 'KeyLinked':
    case 'PointsEarned':
    case 'PointsTakenBack':
    case 'PointsExpired':
    case 'TierChanged':
    case 'LoyaltyRestated':
    case 'StageChanged':
    case 'StageRestated':
    case 'PolicyPublished':
      return [];
    default:
      return event satisfies never;
  }
}
