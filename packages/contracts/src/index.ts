export {
  type ConflictView,
  conflictsQuery,
  conflictView,
  type ParkAnswer,
  type ParkView,
  parkAnswer,
  parkedQuery,
  parkView,
} from './api/attention.ts';
export {
  type CustomerState,
  customerDiff,
  customerState,
  diffQuery,
  type Evidence,
  type Explanation,
  type HistoryItem,
  historyItem,
  historyQuery,
  type NamedEvent,
  type Restatement,
  restatement,
  restatementsQuery,
  whyAnswer,
  whyQuery,
} from './api/audit.ts';
export {
  type AsOfQuery,
  actionBody,
  asOfQuery,
  factCustomer,
  idParams,
  type ListQuery,
  listAnswer,
  listQuery,
  occurredAt,
  position,
  type WriteAnswer,
  wholeParameter,
  writeAnswer,
} from './api/common.ts';
export {
  type ComplaintAnalyseBody,
  type ComplaintAssignBody,
  type ComplaintBody,
  type ComplaintFollowUpBody,
  type ComplaintItem,
  type ComplaintReopenBody,
  type ComplaintResolveBody,
  type ComplaintView,
  complaintAnalyseBody,
  complaintAssignBody,
  complaintBody,
  complaintFollowUpBody,
  complaintItem,
  complaintReopenBody,
  complaintResolveBody,
  complaintStatus,
  complaintView,
} from './api/complaints.ts';
export {
  type ContactBody,
  contactBody,
  type FollowUpBody,
  type FollowUpDoneBody,
  type FollowUpMoveBody,
  followUpBody,
  followUpDoneBody,
  followUpMoveBody,
  satisfactionScore,
} from './api/contacts.ts';
export {
  type CausedEvent,
  type Correlation,
  type CorrelationRoot,
  correlation,
  correlationParams,
  mostRelatedEvents,
  type RelatedEvent,
  traceEvents,
  traceParams,
} from './api/correlations.ts';
export {
  attributeView,
  type CustomerView,
  contactPointView,
  customerClass,
  customerListQuery,
  customerView,
  satisfactionBand,
  type TimelineItem,
  timelineItem,
  timelineQuery,
} from './api/customer-view.ts';
export {
  type AttributeInput,
  attributeInput,
  attributeName,
  type ContactPointInput,
  type CustomerBody,
  type CustomerLinkBody,
  type CustomerPatchBody,
  contactPointInput,
  customerBody,
  customerKeyParams,
  customerLinkBody,
  customerPatchBody,
} from './api/customers.ts';
export {
  batchQuery,
  type FactBody,
  type FactLine,
  type FactResult,
  type FactType,
  factBodies,
  factLine,
  factResult,
  isFactType,
} from './api/facts.ts';
export { type ImportBody, type ImportView, importBody, importView } from './api/imports.ts';
export { type LoyaltyView, lotView, loyaltyView } from './api/loyalty.ts';
export {
  type PolicyBody,
  type PolicyView,
  policyBody,
  policyView,
  publishBody,
} from './api/policies.ts';
export { type Problem, type ProblemField, problem, problemField } from './api/problem.ts';
export {
  type ClaimBody,
  claimBody,
  type PurchaseBody,
  type PurchaseView,
  purchaseBody,
  purchaseParams,
  purchaseView,
  type RefundBody,
  type RefundFlag,
  refundBody,
  refundFlag,
} from './api/purchases.ts';
export {
  type LifecycleReport,
  lifecycleQuery,
  lifecycleReport,
  type SalesReport,
  type SatisfactionReport,
  salesOfCurrency,
  salesQuery,
  salesReport,
  satisfactionItem,
  satisfactionQuery,
  satisfactionReport,
  type TiersReport,
  tiersQuery,
  tiersReport,
} from './api/reports.ts';
export {
  type SurveyBody,
  type SurveyResponseBody,
  surveyBody,
  surveyResponseBody,
} from './api/surveys.ts';
export {
  mostSampled,
  type RebuildView,
  rebuildRequest,
  rebuildView,
  type VerificationView,
  type ViewComparison,
  type ViewDifference,
  verificationRequest,
  verificationView,
} from './api/view-jobs.ts';
export {
  type Standing,
  type WhatIfBody,
  type WhatIfExample,
  type WhatIfResult,
  type WhatIfView,
  whatIfBody,
  whatIfResult,
  whatIfView,
} from './api/what-if.ts';
export { asyncApiDocument, cloudEventType, eventsTopic, factsTopic, rejectedFactsTopic } from './asyncapi.ts';
export {
  type CatalogueEntry,
  type EventCatalogue,
  eventCatalogue,
  type JsonSchema,
  personalFields,
} from './catalogue.ts';
export {
  amountMinor,
  type Channel,
  type CustomerRef,
  channel,
  currency,
  customerRef,
  entityId,
  type FactRef,
  factId,
  factRef,
  instant,
  longText,
  type Money,
  money,
  type Stage,
  type SurveyKind,
  shortText,
  source,
  stage,
  surveyKind,
  tier,
} from './common.ts';
export {
  defineEvent,
  type EventDefinition,
  type EventNature,
  type EventOf,
  type OldPayload,
  type ServiceName,
} from './define-event.ts';
export type { StageStep } from './events/analytics.ts';
export { severity } from './events/complaint.ts';
export {
  contactKind,
  maxLines,
  type PurchaseLine,
  purchaseLine,
  type RefundLine,
  refundLine,
} from './events/interaction.ts';
export {
  type AttributeValue,
  attributeCategory,
  attributeValue,
  contactPointKind,
  customerKind,
  informationSource,
} from './events/profile.ts';
export { formatInstant, instantParameter, parseInstant } from './instant.ts';
export { UnreadableEventError } from './payload.ts';
export {
  type LifecycleModel,
  type LifecyclePolicy,
  type LoyaltyProgramme,
  lifecyclePolicy,
  loyaltyProgramme,
  type PolicyDocument,
  type PolicyName,
  policyDocument,
  type SatisfactionPolicy,
  satisfactionPolicy,
} from './policies.ts';
export { type PolicyDraft, policyDraft } from './policy-draft.ts';
export {
  type DomainEvent,
  type EventOfType,
  type EventType,
  eventRegistry,
  isEventType,
  upcast,
  validateEvent,
} from './registry.ts';
export { text, wholeNumber } from './text.ts';
