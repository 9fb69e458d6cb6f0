import type {
  EventOfType,
  LifecycleModel,
  LifecyclePolicy,
  LoyaltyProgramme,
  PolicyDocument,
  SatisfactionPolicy,
} from '@tenure/contracts';
import { isoInstant } from '../time/calendar.ts';

/** A policy version and from when it holds (ms; -Infinity: always). */
export interface InForce<P> {
  readonly from: number;
  readonly document: P;
}

/** The versions of one policy in the order in which they come into force. */
export type Schedule<P> = readonly InForce<P>[];

/** All policies that are known. An empty schedule means that nothing is decided by it. */
export interface Policies {
  readonly lifecycle: Schedule<LifecyclePolicy>;
  readonly loyalty: Schedule<LoyaltyProgramme>;
  readonly satisfaction: Schedule<SatisfactionPolicy>;
  readonly 'lifecycle-model': Schedule<LifecycleModel>;
}

export const noPolicies: Policies = { lifecycle: [], loyalty: [], satisfaction: [], 'lifecycle-model': [] };

/** The version in force at an instant; undefined before the first. */
export function inForce<P>(schedule: Schedule<P>, instant: number): P | undefined {
  for (let index = schedule.length - 1; index >= 0; index--) {
    const entry = schedule[index];
    if (entry !== undefined && entry.from <= instant) return entry.document;
  }
  return undefined;
}

/** The policies after one more is known. The same version published again replaces what it said before. */
export function withPolicy(policies: Policies, event: EventOfType<'PolicyPublished'>): Policies {
  const { document, effectiveFrom } = event.data;
  const from = effectiveFrom === null ? Number.NEGATIVE_INFINITY : Date.parse(effectiveFrom);
  switch (document.policy) {
    case 'lifecycle':
      return { ...policies, lifecycle: inserted(policies.lifecycle, { from, document }) };
    case 'loyalty':
      return { ...policies, loyalty: inserted(policies.loyalty, { from, document }) };
    case 'satisfaction':
      return { ...policies, satisfaction: inserted(policies.satisfaction, { from, document }) };
    case 'lifecycle-model':
      return { ...policies, 'lifecycle-model': inserted(policies['lifecycle-model'], { from, document }) };
    default:
      return document satisfies never;
  }
}

/** The policies as if a draft had been published in time: from then on it holds, and nothing later of its policy. */
export function withDraft(policies: Policies, document: PolicyDocument, from: number): Policies {
  const name = document.policy;
  const before: Policies = { ...policies, [name]: policies[name].filter((version) => version.from < from) };
  const effectiveFrom = from === Number.NEGATIVE_INFINITY ? null : isoInstant(from);
  return withPolicy(before, { type: 'PolicyPublished', data: { effectiveFrom, document } });
}

/** Policies that have always held, as for a system that was just set up. */
export function policiesFrom(documents: readonly PolicyDocument[]): Policies {
  return documents.reduce<Policies>(
    (policies, document) => withPolicy(policies, { type: 'PolicyPublished', data: { effectiveFrom: null, document } }),
    noPolicies,
  );
}

function inserted<P extends PolicyDocument>(schedule: Schedule<P>, entry: InForce<P>): Schedule<P> {
  return [...schedule.filter((other) => other.document.version !== entry.document.version), entry].sort(
    (left, right) => left.from - right.from || left.document.version - right.document.version,
  );
}
