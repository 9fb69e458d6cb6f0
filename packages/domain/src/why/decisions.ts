import type { LifecyclePolicy, LoyaltyProgramme } from '@tenure/contracts';
import type { LifecycleState, StageTransition } from '../lifecycle/lifecycle-state.ts';
import type { TierStep } from '../loyalty/tier-step.ts';

/** Told of each decision by the code that takes it, with what it looked at. */
export interface DecisionObserver {
  /** What was decided so far is decided anew. */
  restart(): void;
  /** `state`: with the transition made; `policy`: by which it was. */
  stage(transition: StageTransition, state: LifecycleState, policy: LifecyclePolicy | undefined): void;
  /** `netPoints`: those that the tier was compared with. */
  tier(step: TierStep, netPoints: number, programme: LoyaltyProgramme): void;
}

export interface StageDecision {
  readonly transition: StageTransition;
  readonly state: LifecycleState;
  readonly policy: LifecyclePolicy | undefined;
}

export interface TierDecision {
  readonly step: TierStep;
  readonly netPoints: number;
  readonly programme: LoyaltyProgramme;
}

/** Remembers all decisions about one customer. */
export class Decisions implements DecisionObserver {
  stages: StageDecision[] = [];
  tiers: TierDecision[] = [];

  restart(): void {
    this.stages = [];
    this.tiers = [];
  }

  stage(transition: StageTransition, state: LifecycleState, policy: LifecyclePolicy | undefined): void {
    this.stages.push({ transition, state, policy });
  }

  tier(step: TierStep, netPoints: number, programme: LoyaltyProgramme): void {
    this.tiers.push({ step, netPoints, programme });
  }
}
