import type { EventOf, OldPayload } from './define-event.ts';
import * as analytics from './events/analytics.ts';
import * as complaint from './events/complaint.ts';
import * as interaction from './events/interaction.ts';
import * as loyalty from './events/loyalty.ts';
import * as profile from './events/profile.ts';
import { checkPayload, lift, UnreadableEventError } from './payload.ts';
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

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventRegistry, type);
}

/**
 * Reads a stored event as one of the current version of its type; see `lift`.
 * @throws {UnreadableEventError} for an unknown type or a version without an upcaster
 */
export function upcast(event: { type: string; version: number; data: object; personal?: object }): DomainEvent {
  const { type, version, data, personal } = event;
  if (!isEventType(type)) throw new UnreadableEventError(`unknown event type ${type}`);
  const payload = lift(eventRegistry[type], version, { data, personal } as OldPayload);
  return { type, data: payload.data, personal: payload.personal } as DomainEvent;
}

/** Checks an event of the current version against its schema. @throws {UnreadableEventError} naming the field */
export function validateEvent(event: DomainEvent): void {
  checkPayload(eventRegistry[event.type], event);
}
