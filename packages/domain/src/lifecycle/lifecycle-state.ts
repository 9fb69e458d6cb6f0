import type { FactRef, Stage, StageStep } from '@tenure/contracts';

/** A move from one stage to another, dated when it became true (ms). */
export interface StageTransition {
  readonly from: Stage;
  readonly to: Stage;
  readonly at: number;
  readonly reason: StageStep['reason'];
  /** The fact that led to it; null when time alone did. */
  readonly cause: FactRef | null;
  readonly policyVersion: number;
}

/** What of the counted orders so far the rules look at. Never changed in place. */
export interface LifecycleState {
  readonly stage: Stage;
  /** When the stage was entered; null while potential from the start. */
  readonly since: number | null;
  /** The last counted order. */
  readonly lastOrderAt: number | null;
  readonly purchaseDays: number;
  /** The latest purchase days (days since 1970), rising; as many as the strictest rule needs. */
  readonly recentDays: readonly number[];
}

export const noOrders: LifecycleState = {
  stage: 'potential',
  since: null,
  lastOrderAt: null,
  purchaseDays: 0,
  recentDays: [],
};
