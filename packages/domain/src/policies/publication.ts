import type { EventOfType, PolicyDocument, PolicyDraft } from '@tenure/contracts';
import { accepted, type Decider, type Decision, type Happening, unchanged } from '../decider.ts';
import { reject } from '../rejections.ts';
import { isoInstant } from '../time/calendar.ts';

type PolicyEvent = EventOfType<'PolicyPublished'>;

/** A version that was published. */
interface Published {
  readonly document: PolicyDocument;
  /** ms since 1970 UTC; -Infinity: always. */
  readonly from: number;
}

/** One policy's versions, in the order in which they were published. */
export type PublishedVersions = readonly Published[];

/** Publishes a draft as the policy's next version. */
export interface PublishPolicy {
  readonly type: 'PublishPolicy';
  /** Its version, if it names one, must be the next. */
  readonly draft: PolicyDraft;
  /** ms since 1970 UTC; undefined: from now on, the first version always. */
  readonly effectiveFrom: number | undefined;
  /** Now, ms since 1970 UTC. */
  readonly occurredAt: number;
}

function evolve(versions: PublishedVersions, { data: { document, effectiveFrom } }: PolicyEvent): PublishedVersions {
  const from = effectiveFrom === null ? Number.NEGATIVE_INFINITY : Date.parse(effectiveFrom);
  return [...versions, { document, from }];
}

function decide(
  { draft, effectiveFrom, occurredAt }: PublishPolicy,
  versions: PublishedVersions,
): Decision<PolicyEvent> {
  const last = versions.at(-1);
  const next = (last?.document.version ?? 0) + 1;
  const from = effectiveFrom ?? (last === undefined ? Number.NEGATIVE_INFINITY : occurredAt);
  const document = { ...draft, version: draft.version ?? next };
  if (last !== undefined && last.from <= from && saysTheSame(draft, last.document)) return unchanged;
  if (document.version !== next) {
    const detail = `the next version of ${draft.policy} is ${next}, not ${document.version}`;
    return reject('policy-version', detail, { pointer: '/document/version' });
  }
  const pointer = '/effectiveFrom';
  // Before the first version nothing was decided that could be rewritten.
  if (last !== undefined && from < occurredAt) {
    return reject('in-the-past', `it is ${isoInstant(occurredAt)} by now, and what was decided stands`, { pointer });
  }
  if (last !== undefined && from < last.from) {
    const detail = `version ${last.document.version} comes into force after it, at ${isoInstant(last.from)}`;
    return reject('out-of-order', detail, { pointer });
  }
  const event: Happening<PolicyEvent> = {
    type: 'PolicyPublished',
    data: { effectiveFrom: from === Number.NEGATIVE_INFINITY ? null : isoInstant(from), document },
    occurredAt,
    customerId: null,
  };
  return accepted(event);
}

export const policyDecider: Decider<PublishedVersions, PublishPolicy, PolicyEvent> = {
  initialState: [],
  evolve,
  decide,
};

/** Whether a draft says no more than a version that was published; one that names another version says something else. */
function saysTheSame(draft: PolicyDraft, document: PolicyDocument): boolean {
  return isSame({ ...draft, version: draft.version ?? document.version }, document);
}

/** Equal as JSON, whatever the order of fields. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  const left = Object.entries(one);
  const right = new Map<string, unknown>(Object.entries(other));
  return (
    left.length === right.size &&
    Array.isArray(one) === Array.isArray(other) &&
    left.every(([field, value]) => right.has(field) && isSame(value, right.get(field)))
  );
}
