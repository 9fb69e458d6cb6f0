import type { DomainEvent, StageStep } from '@tenure/contracts';
import type { Happening } from '../decider.ts';
import { isoInstant } from '../time/calendar.ts';
import type { StageTransition } from './lifecycle-state.ts';

/** The transitions that stand recorded: the latest word of a lifecycle stream. */
export type RecordedStages = readonly StageTransition[];

/** What stands after one more event of the lifecycle stream. */
export function evolveStages(recorded: RecordedStages, event: DomainEvent): RecordedStages {
  if (event.type === 'StageChanged') return [...recorded, fromStep(event.data)];
  if (event.type !== 'StageRestated') return recorded;
  const validFrom = Date.parse(event.data.validFrom);
  return [...recorded.filter(({ at }) => at < validFrom), ...event.data.timeline.map(fromStep)];
}

/**
 * The events that make what stands recorded equal to what is derived: the new transitions one by one, or, when a late fact
 * changed the past, one restatement from the first difference on.
 */
export function stageEvents(
  customerId: string,
  recorded: RecordedStages,
  derived: readonly StageTransition[],
): readonly Happening[] {
  const same = commonPrefix(recorded, derived);
  if (same === recorded.length) {
    return derived
      .slice(same)
      .map((step) => ({ type: 'StageChanged', data: toStep(step), occurredAt: step.at, customerId }));
  }
  const firstOld = recorded[same];
  const firstNew = derived[same];
  const at = Math.min(firstOld?.at ?? Number.POSITIVE_INFINITY, firstNew?.at ?? Number.POSITIVE_INFINITY);
  // Transitions before `at` stand; several may share that instant, so all of them are said again.
  const timeline = derived.filter((step) => step.at >= at);
  const last = timeline.at(-1) ?? firstOld;
  return [
    {
      type: 'StageRestated',
      data: {
        validFrom: isoInstant(at),
        timeline: timeline.map(toStep),
        cause: firstNew?.cause ?? null,
        policyVersion: (firstNew ?? firstOld)?.policyVersion ?? 1,
      },
      occurredAt: last?.at ?? at,
      customerId,
    },
  ];
}

function sameTransition(left: StageTransition, right: StageTransition): boolean {
  return (
    left.at === right.at &&
    left.from === right.from &&
    left.to === right.to &&
    left.reason === right.reason &&
    left.policyVersion === right.policyVersion &&
    left.cause?.id === right.cause?.id &&
    left.cause?.source === right.cause?.source &&
    left.cause?.kind === right.cause?.kind
  );
}

function commonPrefix(left: RecordedStages, right: RecordedStages): number {
  let length = 0;
  for (; length < left.length; length++) {
    const a = left[length];
    const b = right[length];
    if (a === undefined || b === undefined || !sameTransition(a, b)) break;
  }
  return length;
}

function toStep(transition: StageTransition): StageStep {
  return { ...transition, at: isoInstant(transition.at) };
}

function fromStep(step: StageStep): StageTransition {
  return { ...step, at: Date.parse(step.at) };
}
