import type { PolicyDocument } from '@tenure/contracts';
import { type EventStore, eventId } from '@tenure/event-store';
import { policyStream } from '@tenure/runtime';

/**
 * Publishes a version of a policy.
 * @param effectiveFrom from when on it holds, ms since 1970 UTC; null: always
 */
export async function publishPolicy(
  store: EventStore,
  document: PolicyDocument,
  effectiveFrom: number | null,
  now: number,
): Promise<void> {
  const stream = policyStream(document.policy);
  const [last] = await store.readStream(stream, { direction: 'backwards', limit: 1 });
  const commandId = `${stream}/${document.version}`;
  const from = effectiveFrom === null ? null : new Date(effectiveFrom).toISOString();
  const event = {
    id: eventId(commandId, 0),
    type: 'PolicyPublished',
    version: 1,
    customerId: null,
    occurredAt: now,
    data: { effectiveFrom: from, document },
    metadata: { actor: 'test', service: 'analytics', commandId, causationId: commandId, correlationId: commandId },
  };
  const [outcome] = await store.append([[{ stream, expected: last?.revision ?? 'absent', events: [event] }]]);
  if (outcome?.status !== 'appended') throw new Error('the policy was not published');
}
