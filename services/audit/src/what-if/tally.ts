import { type Calendar, derive, type Policies } from '@tenure/domain';
import type { CreateTally, ReplayedCustomer, ReplayTally } from '@tenure/runtime';
import { type Move, Moves, rangeOf, type Standing, standingOf } from './moves.ts';

/** What is compared: the state of everybody at an instant under two sets of policies. */
export interface Comparison {
  readonly policies: Policies;
  readonly draft: Policies;
  /** ms since 1970 UTC. */
  readonly asOf: number;
}

/** What one thread has found. */
export interface Found {
  readonly customers: number;
  readonly moved: number;
  readonly more: number;
  readonly fewer: number;
  readonly balance: { readonly before: number; readonly after: number };
  readonly stage: readonly Move[];
  readonly tier: readonly Move[];
  readonly satisfactionBand: readonly Move[];
  readonly points: readonly Move[];
  readonly modelStage: readonly Move[];
  /** From the stage to that in the model, under the draft. */
  readonly stageByModelStage: readonly Move[];
  readonly unreadable: { readonly customers: number; readonly examples: readonly Unreadable[] };
}

interface Unreadable {
  readonly customerId: string;
  readonly reason: string;
}

export const mostUnreadable = 20;
const nothing = 'none';

class WhatIfTally implements ReplayTally {
  readonly #comparison: Comparison;
  readonly #calendar: Calendar;
  readonly #stage = new Moves();
  readonly #tier = new Moves();
  readonly #satisfactionBand = new Moves();
  readonly #points = new Moves();
  readonly #modelStage = new Moves();
  readonly #stageByModelStage = new Moves();
  readonly #unreadable: Unreadable[] = [];
  readonly #counts = { customers: 0, moved: 0, more: 0, fewer: 0, unreadable: 0 };
  readonly #balance = { before: 0, after: 0 };

  constructor(comparison: Comparison, calendar: Calendar) {
    this.#comparison = comparison;
    this.#calendar = calendar;
  }

  add({ canonicalId, facts }: ReplayedCustomer): void {
    const { policies, draft, asOf } = this.#comparison;
    const one = derive(facts, policies, this.#calendar, asOf);
    const other = derive(facts, draft, this.#calendar, asOf);
    // Nothing had happened by then.
    if (one === undefined || other === undefined) return;
    const before = standingOf(one);
    const after = standingOf(other);
    const moved = { customerId: canonicalId, before, after };
    const differs = (field: keyof Standing) => (before[field] === after[field] ? undefined : moved);
    const otherwise = (['stage', 'tier', 'satisfactionBand', 'points', 'modelStage'] as const).map(differs);
    const [stage, tier, band, points, model] = otherwise;
    this.#stage.add(before.stage, after.stage, stage);
    this.#tier.add(before.tier, after.tier, tier);
    this.#satisfactionBand.add(before.satisfactionBand ?? nothing, after.satisfactionBand ?? nothing, band);
    this.#points.add(rangeOf(before.points), rangeOf(after.points), points);
    this.#modelStage.add(before.modelStage ?? nothing, after.modelStage ?? nothing, model);
    if (after.modelStage !== null) this.#stageByModelStage.add(after.stage, after.modelStage, undefined);
    this.#balance.before += before.points;
    this.#balance.after += after.points;
    this.#counts.customers++;
    if (otherwise.some((move) => move !== undefined)) this.#counts.moved++;
    if (after.points > before.points) this.#counts.more++;
    if (after.points < before.points) this.#counts.fewer++;
  }

  addUnreadable(customerId: string, reason: string): void {
    this.#counts.unreadable++;
    if (this.#unreadable.length < mostUnreadable) this.#unreadable.push({ customerId, reason });
  }

  result(): Found {
    const { unreadable, ...counts } = this.#counts;
    return {
      ...counts,
      balance: this.#balance,
      stage: this.#stage.all,
      tier: this.#tier.all,
      satisfactionBand: this.#satisfactionBand.all,
      points: this.#points.all,
      modelStage: this.#modelStage.all,
      stageByModelStage: this.#stageByModelStage.all,
      unreadable: { customers: unreadable, examples: this.#unreadable },
    };
  }
}

/** For the threads of a replay, which import this module. */
export const createTally: CreateTally<Comparison> = (comparison, calendar) => new WhatIfTally(comparison, calendar);
