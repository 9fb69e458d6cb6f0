import { createHash } from 'node:crypto';
import type { PolicyName } from '@tenure/contracts';
import { noPolicies, type Policies, withPolicy } from '@tenure/domain';
import type { EventStore } from '@tenure/event-store';
import type { Knowledge } from './views/history.ts';
import type { RecordedEvent } from './views/recorded-event.ts';
import { recordedEvent } from './views/recorded-event.ts';

const policyNames: readonly PolicyName[] = ['lifecycle', 'loyalty', 'satisfaction', 'lifecycle-model'];

/** The stream of a policy's versions. Its name is the same in every log: policies are nobody's personal data. */
export function policyStream(name: PolicyName): string {
  return `policy-${createHash('sha256').update(`policy:${name}`).digest('hex').slice(0, 32)}`;
}

/** Every version published, as far as is known. */
export async function policyEvents(store: EventStore, known: Knowledge = {}): Promise<readonly RecordedEvent[]> {
  const streams = await Promise.all(policyNames.map((name) => store.readStream(policyStream(name))));
  return streams
    .flat()
    .filter((event) => known.upTo === undefined || event.position <= known.upTo)
    .filter((event) => known.knownAt === undefined || event.recordedAt <= known.knownAt)
    .map(recordedEvent);
}

/** The policies that were published by then. */
export async function readPolicies(store: EventStore, known: Knowledge = {}): Promise<Policies> {
  let policies = noPolicies;
  for (const event of await policyEvents(store, known)) {
    if (event.type === 'PolicyPublished') policies = withPolicy(policies, event);
  }
  return policies;
}
