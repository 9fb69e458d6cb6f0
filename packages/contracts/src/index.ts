export * as common from './common.ts';
export type { Channel, CustomerRef, FactRef, Money, Stage, SurveyKind } from './common.ts';
export { defineEvent, type EventDefinition, type EventNature, type EventOf, type OldPayload, type ServiceName } from './define-event.ts';
export type { StageStep } from './events/analytics.ts';
export { contactKind, purchaseLine, type PurchaseLine, refundLine, type RefundLine } from './events/interaction.ts';
export {
  attributeCategory,
  attributeValue,
  type AttributeValue,
  contactPointKind,
  customerKind,
  informationSource,
} from './events/profile.ts';
export { severity } from './events/complaint.ts';
export {
  lifecyclePolicy,
  type LifecyclePolicy,
  loyaltyProgramme,
  type LoyaltyProgramme,
  policyDocument,
  type PolicyDocument,
  type PolicyName,
  satisfactionPolicy,
  type SatisfactionPolicy,
} from './policies.ts';
export {
  type DomainEvent,
  eventRegistry,
  type EventOfType,
  type EventType,
  isEventType,
  UnreadableEventError,
  upcast,
  validateEvent,
} from './registry.ts';
