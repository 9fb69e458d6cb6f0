import type { PolicyDraft, PolicyView, ServiceName } from '@tenure/contracts';
import { policyDecider } from '@tenure/domain';
import type { EventStore } from '@tenure/event-store';
import type { Clock } from './clock.ts';
import { type Commands, handleCommand } from './commands/commands.ts';
import { commandIdOf } from './facts/action-route.ts';
import { entityTag, type Origin } from './http/origin.ts';
import { Problem, rejectionProblem } from './http/problem.ts';
import type { RawAnswer } from './http/route.ts';
import type { Ids } from './ids.ts';
import { policyEvents, policyStream } from './policies.ts';

interface Context {
  readonly store: EventStore;
  readonly commands: Commands;
  readonly ids: Ids;
  readonly clock: Clock;
}

/** A draft on its way to be the next version. */
export interface DraftPublication {
  readonly service: ServiceName;
  /** Of the route, for its Idempotency-Key. */
  readonly operationId: string;
  readonly origin: Origin;
  readonly draft: PolicyDraft;
  /** RFC 3339; undefined: from now on. */
  readonly effectiveFrom: string | undefined;
}

/** Every version that was published, of all policies, each policy's in order of publication. */
export async function policyVersions(store: EventStore, now: number): Promise<readonly PolicyView[]> {
  const published = (await policyEvents(store)).filter((event) => event.type === 'PolicyPublished');
  return published.map((event) => {
    const { document, effectiveFrom } = event.data;
    const { policy, version } = document;
    const later = published.filter(({ data, stream }) => stream === event.stream && data.document.version > version);
    const effectiveUntil = later[0]?.data.effectiveFrom ?? null;
    return {
      id: `${policy}-${version}`,
      policy,
      version,
      effectiveFrom,
      effectiveUntil,
      inForce:
        (effectiveFrom === null || Date.parse(effectiveFrom) <= now) &&
        (effectiveUntil === null || Date.parse(effectiveUntil) > now),
      publishedAt: new Date(event.recordedAt).toISOString(),
      publishedBy: event.metadata.actor,
      document,
      position: event.position,
    };
  });
}

/**
 * Publishes a draft as the next version of its policy, and answers with that version: 202, or 200 where it says no more
 * than the version before.
 * @throws {Problem} `policy-version`, `in-the-past`, `out-of-order`, `precondition-failed`
 */
export async function publishDraft(
  context: Context,
  { service, operationId, origin, draft, effectiveFrom }: DraftPublication,
): Promise<RawAnswer & { readonly status: 200 | 202 }> {
  const { store, clock, ids } = context;
  const stream = policyStream(draft.policy);
  const result = await handleCommand(context, {
    service,
    origin,
    commandId: commandIdOf(ids, operationId, origin, { draft, effectiveFrom: effectiveFrom ?? null }),
    stream,
    decider: policyDecider,
    command: {
      type: 'PublishPolicy',
      draft,
      effectiveFrom: effectiveFrom === undefined ? undefined : Date.parse(effectiveFrom),
      occurredAt: clock.now(),
    },
    expectedRevision: origin.ifMatch,
  });
  if (result.status === 'rejected') throw rejectionProblem(result.rejection);
  const versions = await policyVersions(store, clock.now());
  const version = versions.filter(({ policy }) => policy === draft.policy)[result.revision];
  if (version === undefined) throw new Problem('internal', 'The version that was published cannot be found');
  return {
    status: result.status === 'accepted' ? 202 : 200,
    headers: { 'tenure-position': result.position, etag: entityTag(result.revision) },
    text: JSON.stringify(version),
  };
}
