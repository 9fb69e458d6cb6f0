export {
  type AcknowledgeComplaint,
  type AnalyseComplaint,
  type AssignComplaint,
  type CloseComplaint,
  type ComplaintAction,
  type ComplaintCommand,
  type ComplaintEvent,
  type ComplaintState,
  type ComplaintStatus,
  complaintDecider,
  complaintTransitions,
  type FileComplaint,
  type FollowUpComplaint,
  type ReopenComplaint,
  type ResolveComplaint,
} from './complaint/complaint.ts';
export {
  type ContactCommand,
  type ContactEvent,
  type ContactState,
  contactDecider,
  type RecordContact,
} from './contact/contact.ts';
export { CustomerFold, type CustomerState } from './customer/customer-fold.ts';
export { derive } from './customer/derive.ts';
export type { Fact } from './customer/fact.ts';
export { factsOf, type HistoricEvent } from './customer/facts-of.ts';
export {
  accepted,
  type Decider,
  type Decision,
  fold,
  type Happening,
  type Rejection,
  rejected,
  unchanged,
} from './decider.ts';

export type { Content, FactCommand, Personal, SeenConflict } from './fact.ts';
export {
  type CompleteFollowUp,
  type FollowUpCommand,
  type FollowUpEvent,
  type FollowUpState,
  followUpDecider,
  type MissFollowUp,
  type MoveFollowUp,
  type ScheduleFollowUp,
} from './follow-up/follow-up.ts';
export {
  type FinishImport,
  type ImportSessionCommand,
  type ImportSessionEvent,
  type ImportSessionState,
  importSessionDecider,
  type StartImport,
} from './import-session/import-session.ts';
export type { StageTransition } from './lifecycle/lifecycle-state.ts';
export type { ModelStage } from './lifecycle/model.ts';
export { evolveStages, type RecordedStages, stageEvents } from './lifecycle/recording.ts';
export { type Lot, LoyaltyAccount, type PointEntry } from './loyalty/account.ts';
export { noTier } from './loyalty/programme.ts';
export { loyaltyEvents, type RecordedLoyalty, recordedAccount, recordedLoyalty } from './loyalty/recording.ts';
export type { TierStep } from './loyalty/tier-step.ts';
export { defaultLifecycle, defaultPolicies, defaultProgramme, defaultSatisfaction } from './policies/defaults.ts';
export { type PublishedVersions, type PublishPolicy, policyDecider } from './policies/publication.ts';
export {
  inForce,
  noPolicies,
  type Policies,
  policiesFrom,
  type Schedule,
  withDraft,
  withPolicy,
} from './policies/schedule.ts';
export type { AttributeType } from './profile/attribute-type.ts';
export type {
  AttributeCategory,
  AttributeDefinition,
} from './profile/attributes.ts';
export { type ContactPointKind, normaliseContactPoint } from './profile/contact-point.ts';
export {
  type AttributeInput,
  type ChangeProfile,
  type ContactPointInput,
  type LinkKey,
  type ProfileCommand,
  profileDecider,
  type RegisterByFact,
  type RegisterCustomer,
} from './profile/profile.ts';
export type {
  CustomerKind,
  InformationSource,
  KnownContactPoint,
  Observation,
  ProfileEvent,
  ProfileState,
} from './profile/state.ts';
export { type AppliedRefund, type PurchaseAsItStands, purchaseAsItStands } from './purchase/as-it-stands.ts';
export {
  type ClaimPurchase,
  type PurchaseCommand,
  type PurchaseEvent,
  type PurchaseState,
  purchaseDecider,
  type RecordPurchase,
  type RecordRefund,
  type RefundOfPurchase,
} from './purchase/purchase.ts';
export {
  type RecordUnmatchedRefund,
  type RefundCommand,
  type RefundEvent,
  type RefundState,
  type ReserveRefund,
  refundDecider,
} from './refund/refund.ts';
export { type RejectionCode, reject } from './rejections.ts';
export type {
  SatisfactionBand,
  SatisfactionItem,
} from './satisfaction/satisfaction.ts';
export type { StandingKind } from './standing/segments.ts';
export { type Learned, type Standing, Standings, type StandingsState } from './standing/standings.ts';
export {
  type AnswerSurvey,
  type InviteToSurvey,
  type SurveyCommand,
  type SurveyEvent,
  type SurveyState,
  surveyDecider,
} from './survey/survey.ts';
export { type Calendar, calendarOf, dayMs, isoInstant } from './time/calendar.ts';
export { type ExplainedField, type Explanation, explain, explainedFields } from './why/explain.ts';
export type { Words } from './why/words.ts';
