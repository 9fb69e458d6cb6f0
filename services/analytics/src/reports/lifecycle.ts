import type { LifecycleReport, Stage } from '@tenure/contracts';
import { dayMs } from '@tenure/domain';
import type { StageHistory } from '../projections/stage-histories.ts';

interface Flow {
  readonly from: Stage;
  readonly to: Stage;
  customers: number;
}

/** Counts, flows and stays, out of every customer's stages. Instants in ms; `from` inclusive, `to` exclusive. */
export class LifecycleTally {
  readonly #from: number;
  readonly #to: number;
  readonly #counts = new Map<Stage, number>();
  readonly #flows = new Map<string, Flow>();
  readonly #stays = new Map<Stage, number[]>();

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  add({ customerSince, steps }: Pick<StageHistory, 'customerSince' | 'steps'>): void {
    if (customerSince >= this.#to) return;
    let stage: Stage = 'potential';
    let enteredAt = customerSince;
    for (const { from, to, at } of steps) {
      if (at >= this.#to) break;
      if (at >= this.#from) this.addMove(from, to, at, enteredAt);
      stage = to;
      enteredAt = at;
    }
    this.addCount(stage, 1);
  }

  /** So many customers more who are in a stage at the end. */
  addCount(stage: Stage, customers: number): void {
    this.#counts.set(stage, (this.#counts.get(stage) ?? 0) + customers);
  }

  /** A move within the period, with when the stage that was left had been entered. */
  addMove(from: Stage, to: Stage, at: number, enteredAt: number): void {
    this.#addFlow(from, to);
    const stays = this.#stays.get(from);
    if (stays === undefined) this.#stays.set(from, [(at - enteredAt) / dayMs]);
    else stays.push((at - enteredAt) / dayMs);
  }

  report(): Required<Pick<LifecycleReport, 'counts' | 'flows' | 'timeInStage'>> {
    const counts: Record<Stage, number> = {
      potential: 0,
      new: 0,
      active: 0,
      loyal: 0,
      'at-risk': 0,
      churned: 0,
      'won-back': 0,
    };
    for (const [stage, count] of this.#counts) counts[stage] = count;
    const stages = Object.keys(counts) as Stage[];
    return {
      counts,
      flows: [...this.#flows.values()].sort(
        (left, right) =>
          stages.indexOf(left.from) - stages.indexOf(right.from) || stages.indexOf(left.to) - stages.indexOf(right.to),
      ),
      timeInStage: stages.map((stage) => ({ stage, ...spread(this.#stays.get(stage) ?? []) })),
    };
  }

  #addFlow(from: Stage, to: Stage): void {
    const key = `${from} ${to}`;
    const flow = this.#flows.get(key);
    if (flow === undefined) this.#flows.set(key, { from, to, customers: 1 });
    else flow.customers++;
  }
}

function spread(days: readonly number[]): { left: number; medianDays: number | null; meanDays: number | null } {
  if (days.length === 0) return { left: 0, medianDays: null, meanDays: null };
  const sorted = days.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { left: days.length, medianDays: rounded(median), meanDays: rounded(mean) };
}

function rounded(days: number): number {
  return Math.round(days * 1000) / 1000;
}
