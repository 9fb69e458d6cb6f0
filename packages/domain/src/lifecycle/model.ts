import type { LifecycleModel } from '@tenure/contracts';
import { inForce, type Schedule } from '../policies/schedule.ts';
import { dayMs } from '../time/calendar.ts';

/** Where a customer stands in a lifecycle model that stands beside the lifecycle policy. */
export interface ModelStage {
  readonly model: string;
  readonly stage: string;
  /** ms since 1970 UTC; null: from their first fact on. */
  readonly since: number | null;
}

/** A counted order: when, and on which date (days since 1970). */
interface Order {
  readonly at: number;
  readonly day: number;
}

interface State {
  readonly stage: string | null;
  readonly since: number | null;
  readonly lastOrderAt: number | null;
}

const nobody: State = { stage: null, since: null, lastOrderAt: null };

/**
 * The stage that counted orders, in order, give at an instant. Orders lead to the highest stage whose purchase days they
 * meet, which is kept until silence leads to another; the next order begins anew. Undefined where no model is in force.
 */
export function modelStage(
  orders: readonly Order[],
  schedule: Schedule<LifecycleModel>,
  until: number,
): ModelStage | undefined {
  const model = inForce(schedule, until);
  if (model === undefined) return undefined;
  const days: number[] = [];
  let state = nobody;
  for (const { at, day } of orders) {
    state = passSilence(state, at, schedule);
    if (days.at(-1) !== day) days.push(day);
    const policy = inForce(schedule, at);
    const reached = policy === undefined ? null : highestMet(policy, days);
    const isHigher = policy !== undefined && rank(policy, reached) > rank(policy, state.stage ?? firstOf(policy));
    state = isHigher ? { stage: reached, since: at, lastOrderAt: at } : { ...state, lastOrderAt: at };
  }
  const { stage, since } = passSilence(state, until, schedule);
  return { model: model.model, stage: stage ?? firstOf(model), since };
}

/** The stage of everybody who has not been led to another. */
function firstOf({ stages }: LifecycleModel): string {
  return stages[0]?.stage ?? '';
}

/** Lets time pass up to an instant (inclusive). */
function passSilence(state: State, until: number, schedule: Schedule<LifecycleModel>): State {
  let current = state;
  for (;;) {
    const next = nextSilence(current, schedule);
    if (next === undefined || next.at > until) return current;
    current = { ...current, stage: next.stage, since: next.at };
  }
}

/** When silence alone leads to another stage; a boundary belongs to the version that is in force at it. */
function nextSilence(
  { stage, since, lastOrderAt }: State,
  schedule: Schedule<LifecycleModel>,
): { readonly stage: string; readonly at: number } | undefined {
  if (lastOrderAt === null) return undefined;
  for (const [index, { from, document }] of schedule.entries()) {
    const silences = document.stages.filter(({ silentDays }) => silentDays !== undefined);
    const next = silences[silences.findIndex((silence) => silence.stage === stage) + 1];
    if (next?.silentDays === undefined) continue;
    const due = lastOrderAt + next.silentDays * dayMs;
    const at = Math.max(due, from, since ?? due);
    if (at < (schedule[index + 1]?.from ?? Number.POSITIVE_INFINITY)) return { stage: next.stage, at };
  }
  return undefined;
}

/** @param days purchase days, rising */
function highestMet({ stages }: LifecycleModel, days: readonly number[]): string | null {
  const last = days.at(-1) ?? 0;
  const met = stages.findLast(({ purchaseDays, withinDates, silentDays }, index) => {
    if (silentDays !== undefined) return false;
    if (purchaseDays === undefined) return index === 0;
    const first = days.at(-purchaseDays);
    return first !== undefined && (withinDates === undefined || first > last - withinDates);
  });
  return met?.stage ?? null;
}

/** How far orders have led; below all for stages of silence, and for those that the model does not have any more. */
function rank({ stages }: LifecycleModel, stage: string | null): number {
  return stages.findIndex((one) => one.stage === stage && one.silentDays === undefined);
}
