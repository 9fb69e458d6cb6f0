import type { FactRef, LifecyclePolicy, Stage } from '@tenure/contracts';
import { inForce, type Schedule } from '../policies/schedule.ts';
import { dayMs } from '../time/calendar.ts';
import type { LifecycleState, StageTransition } from './lifecycle-state.ts';
import { activePurchaseDays, loyalFrequency } from './rules.ts';

/** A counted order, as the lifecycle sees it. */
export interface CountedOrder {
  readonly at: number;
  /** Local date, in days since 1970. */
  readonly day: number;
  /** The purchase. */
  readonly source: string;
  readonly id: string;
}

/** Told of a transition, with the state after it and the policy that it was made by. */
export type Emit = (transition: StageTransition, state: LifecycleState, policy: LifecyclePolicy | undefined) => void;

/**
 * The state after a counted order: the rules of the lifecycle.
 * potential -> new: the first. new -> active: enough purchase days. active -> loyal: enough purchase days within the
 * last dates, that day included. at-risk -> loyal or active. churned -> won-back, until the next purchase day.
 * Time up to the order must have passed (`passTime`).
 */
export function applyOrder(
  state: LifecycleState,
  order: CountedOrder,
  schedule: Schedule<LifecyclePolicy>,
  emit: Emit,
): LifecycleState {
  const policy = inForce(schedule, order.at);
  const isNewDay = state.recentDays.at(-1) !== order.day;
  const recentDays = isNewDay ? withDay(state.recentDays, order.day, daysToKeep(schedule)) : state.recentDays;
  const purchaseDays = isNewDay ? state.purchaseDays + 1 : state.purchaseDays;
  const { stage, since } = state;
  // Spelled out: a spread of the state takes most of the time of a long history.
  const next: LifecycleState = { stage, since, lastOrderAt: order.at, purchaseDays, recentDays };
  if (policy === undefined) return next;

  const isFrequent = loyalFrequency.isMet(recentDays, policy);
  const enter = (to: Stage, reason: StageTransition['reason']): LifecycleState => {
    const cause: FactRef = { kind: 'purchase', source: order.source, id: order.id };
    const entered: LifecycleState = { ...next, stage: to, since: order.at };
    emit({ from: stage, to, at: order.at, reason, cause, policyVersion: policy.version }, entered, policy);
    return entered;
  };

  switch (state.stage) {
    case 'potential':
      return enter('new', 'first-order');
    case 'new':
      if (isFrequent) return enter('loyal', 'frequency');
      return activePurchaseDays.isMet(purchaseDays, policy) ? enter('active', 'second-purchase-day') : next;
    case 'active':
      return isFrequent ? enter('loyal', 'frequency') : next;
    case 'loyal':
      return next;
    case 'at-risk':
      return isFrequent ? enter('loyal', 'frequency') : enter('active', 'returned');
    case 'churned':
      return enter('won-back', 'won-back');
    case 'won-back':
      if (!isNewDay) return next;
      return isFrequent ? enter('loyal', 'frequency') : enter('active', 'returned');
    default:
      return state.stage satisfies never;
  }
}

/** Lets time pass up to an instant (inclusive): who is silent becomes at-risk, then churned. */
export function passTime(
  state: LifecycleState,
  until: number,
  schedule: Schedule<LifecyclePolicy>,
  emit: Emit,
): LifecycleState {
  let current = state;
  for (;;) {
    const boundary = nextBoundary(current, schedule);
    if (boundary === undefined || boundary.at > until) return current;
    const { at, to, policy } = boundary;
    const from = current.stage;
    current = { ...current, stage: to, since: at };
    emit({ from, to, at, reason: 'silent', cause: null, policyVersion: policy.version }, current, policy);
  }
}

/** When time alone moves the customer next, and whereto; undefined if it never does. */
export function nextBoundary(
  state: LifecycleState,
  schedule: Schedule<LifecyclePolicy>,
): { readonly at: number; readonly to: Stage; readonly policy: LifecyclePolicy } | undefined {
  if (state.lastOrderAt === null || state.stage === 'potential' || state.stage === 'churned') return undefined;
  const to = state.stage === 'at-risk' ? 'churned' : 'at-risk';
  for (let index = 0; index < schedule.length; index++) {
    const version = schedule[index];
    if (version === undefined) break;
    const { from, document } = version;
    const replacedAt = schedule[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const due = state.lastOrderAt + document.stages[to].silentDays * dayMs;
    const at = Math.max(due, from, state.since ?? due);
    if (at < replacedAt) return { at, to, policy: document };
  }
  return undefined;
}

function withDay(days: readonly number[], day: number, keep: number): readonly number[] {
  const next = days.length < keep ? days.slice() : days.slice(days.length - keep + 1);
  next.push(day);
  return next;
}

function daysToKeep(schedule: Schedule<LifecyclePolicy>): number {
  let days = 1;
  for (const { document } of schedule) days = Math.max(days, document.stages.loyal.purchaseDays);
  return days;
}
