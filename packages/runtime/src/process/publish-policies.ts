import type { PolicyDocument } from '@tenure/contracts';
import { type EventStore, eventId, type NewEvent } from '@tenure/event-store';
import { canonicalJson } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import { newRequestId } from '../http/origin.ts';
import { policyStream } from '../policies.ts';
import { recordedEvent } from '../views/recorded-event.ts';

/** A policy that the program and the log understand differently under one version. */
export class PolicyVersionError extends Error {
  readonly code = 'policy-version';
  constructor(policy: string, version: number) {
    super(
      `the policy "${policy}" has other content than version ${version} of it in the log: give it a higher version, as what was decided by the old one names it`,
    );
    this.name = 'PolicyVersionError';
  }
}

const byTheProgram = 'start';

/**
 * Appends the policies that the log does not have yet. The first version has always held; a later one holds from now on.
 * A later version in the log than here stays in force, and so does one that somebody has published: from then on the
 * policy is theirs, whatever versions programs come with.
 * @throws {PolicyVersionError}
 */
export async function publishPolicies(
  policies: readonly PolicyDocument[],
  parts: { readonly store: Pick<EventStore, 'append' | 'readStream'>; readonly clock: Clock },
): Promise<void> {
  for (const document of policies) await publish(document, parts.store, parts.clock.now());
}

async function publish(
  document: PolicyDocument,
  store: Pick<EventStore, 'append' | 'readStream'>,
  now: number,
): Promise<void> {
  const stream = policyStream(document.policy);
  const [last] = await store.readStream(stream, { direction: 'backwards', limit: 1 });
  const standing = last === undefined ? undefined : recordedEvent(last);
  if (standing?.type === 'PolicyPublished') {
    if (standing.metadata.actor !== byTheProgram) return;
    const known = standing.data.document;
    if (known.version > document.version || canonicalJson(known) === canonicalJson(document)) return;
    if (known.version === document.version) throw new PolicyVersionError(document.policy, document.version);
  }
  const commandId = `${stream}/${document.version}`;
  const requestId = newRequestId();
  const event: NewEvent = {
    id: eventId(commandId, 0),
    type: 'PolicyPublished',
    version: 1,
    customerId: null,
    occurredAt: now,
    data: { effectiveFrom: last === undefined ? null : new Date(now).toISOString(), document },
    metadata: {
      actor: byTheProgram,
      service: 'analytics',
      commandId,
      causationId: requestId,
      correlationId: requestId,
    },
  };
  const [outcome] = await store.append([[{ stream, expected: last?.revision ?? 'absent', events: [event] }]]);
  // Somebody else published in between: what they published is looked at as what was there before.
  if (outcome?.status === 'conflict') await publish(document, store, now);
}
