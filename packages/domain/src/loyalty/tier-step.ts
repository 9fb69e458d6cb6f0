import type { FactRef } from '@tenure/contracts';

/** A tier reached, lost, or kept at a review (`from` equals `to`). */
export interface TierStep {
  readonly from: string;
  readonly to: string;
  readonly at: number;
  readonly reason: 'earned' | 'taken-back' | 'review';
  readonly cause: FactRef | null;
  readonly policyVersion: number;
}
