import { z } from 'zod';
import type { EventDefinition, EventOf, OldPayload } from './define-event.ts';
import * as analytics from './events/analytics.ts';
import * as complaint from './events/complaint.ts';
import * as interaction from './events/interaction.ts';
import * as loyalty from './events/loyalty.ts';
import * as profile from './events/profile.ts';
import { policyPublished } from './policies.ts';

/** Every event there is, by type. */
export const eventRegistry = {
  CustomerRegistered: profile.customerRegistered,
  ProfileCompleted: profile.profileCompleted,
  AttributesChanged: profile.attributesChanged,
  ContactPointAdded: profile.contactPointAdded,
  ContactPointVerified: profile.contactPointVerified,
  ContactPointRemoved: profile.contactPointRemoved,
  KeyAccountMarked: profile.keyAccountMarked,
  KeyLinked: profile.keyLinked,
  PurchaseRecorded: interaction.purchaseRecorded,
  PurchaseClaimed: interaction.purchaseClaimed,
  RefundRecorded: interaction.refundRecorded,
  RefundReserved: interaction.refundReserved,
  FactConflictDetected: interaction.factConflictDetected,
  ContactRecorded: interaction.contactRecorded,
  FollowUpScheduled: interaction.followUpScheduled,
  FollowUpMoved: interaction.followUpMoved,
  FollowUpDone: interaction.followUpDone,
  FollowUpMissed: interaction.followUpMissed,
  SurveyInvited: interaction.surveyInvited,
  SurveyAnswered: interaction.surveyAnswered,
  ImportStarted: interaction.importStarted,
  ImportFinished: interaction.importFinished,
  ComplaintFiled: complaint.complaintFiled,
  ComplaintAcknowledged: complaint.complaintAcknowledged,
  ComplaintAssigned: complaint.complaintAssigned,
  ComplaintAnalysed: complaint.complaintAnalysed,
  ComplaintResolved: complaint.complaintResolved,
  ComplaintFollowedUp: complaint.complaintFollowedUp,
  ComplaintClosed: complaint.complaintClosed,
  ComplaintReopened: complaint.complaintReopened,
  PointsEarned: loyalty.pointsEarned,
  PointsTakenBack: loyalty.pointsTakenBack,
  PointsExpired: loyalty.pointsExpired,
  TierChanged: loyalty.tierChanged,
  LoyaltyRestated: loyalty.loyaltyRestated,
  StageChanged: analytics.stageChanged,
  StageRestated: analytics.stageRestated,
  PolicyPublished: policyPublished,
} as const;

export type EventType = keyof typeof eventRegistry;
type Registry = typeof eventRegistry;

/** Any event of the product, told apart by `type`. */
export type DomainEvent = { [T in EventType]: EventOf<Registry[T]> }[EventType];
export type EventOfType<T extends EventType> = EventOf<Registry[T]>;

/** Raised for an event that no schema knows, or that does not fit its schema. */
export class UnreadableEventError extends Error {
  readonly code = 'unreadable-event';
}

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventRegistry, type);
}

/**
 * Lifts a stored payload to the current version of its type. One of a later version than this code knows is read as it
 * is: fields are only ever added.
 * @throws {UnreadableEventError} for an unknown type or a version without an upcaster
 */
export function upcast(event: { type: string; version: number; data: object; personal?: object }): DomainEvent {
  if (!isEventType(event.type)) throw new UnreadableEventError(`unknown event type ${event.type}`);
  const definition: EventDefinition = eventRegistry[event.type];
  let payload: OldPayload = {
    data: event.data as OldPayload['data'],
    personal: event.personal as OldPayload['personal'],
  };
  for (let version = event.version; version < definition.version; version++) {
    const lift = definition.upcasters[version];
    if (lift === undefined) throw new UnreadableEventError(`${event.type} version ${version} has no upcaster`);
    payload = lift(payload);
  }
  return { type: event.type, data: payload.data, personal: payload.personal } as DomainEvent;
}

/** Checks an event of the current version against its schema. @throws {UnreadableEventError} naming the field */
export function validateEvent(event: DomainEvent): void {
  const definition: EventDefinition = eventRegistry[event.type];
  const data = definition.data.safeParse(event.data);
  if (!data.success) throw new UnreadableEventError(`${event.type}: ${z.prettifyError(data.error)}`);
  if (event.personal === undefined) return;
  if (definition.personal === undefined) throw new UnreadableEventError(`${event.type} holds no personal data`);
  const personal = definition.personal.safeParse(event.personal);
  if (!personal.success) throw new UnreadableEventError(`${event.type}: ${z.prettifyError(personal.error)}`);
}
