export {
  type CustomerView,
  customerAt,
  customersTierTransitions,
  everyoneAt,
  everyonesTransitions,
  type Options,
  transitions,
} from './customer.ts';
export type {
  Claim,
  Complaint,
  DatedFact,
  Fact,
  FollowUp,
  KeyAccount,
  Line,
  Link,
  Other,
  Purchase,
  Refund,
  Survey,
} from './facts.ts';
export type { Stage, StageTransition } from './lifecycle.ts';
export type { Lot } from './points.ts';
export { readCdnow } from './read-cdnow.ts';
export { readOnlineRetail } from './read-online-retail.ts';
export { type Sales, sales, type Window } from './sales.ts';
export type { Satisfaction } from './satisfaction.ts';
export type { Tier, TierTransition } from './tiers.ts';
