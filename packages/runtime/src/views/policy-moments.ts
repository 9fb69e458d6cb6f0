import { noPolicies, type Policies, withPolicy } from '@tenure/domain';
import type { RecordedEvent } from './recorded-event.ts';

/** The policies that were known from a moment on, ms since 1970 UTC. */
export interface PolicyMoment {
  readonly recordedAt: number;
  readonly policies: Policies;
}

/** The policies as they became known, a moment for each time that one was published. */
export class PolicyMoments {
  readonly #seen = new Set<string>();
  readonly moments: PolicyMoment[] = [];

  /** Those that are known now. */
  get current(): Policies {
    return this.moments.at(-1)?.policies ?? noPolicies;
  }

  /** Takes a policy, in log order; returns whether it is news. */
  add(event: RecordedEvent): boolean {
    if (event.type !== 'PolicyPublished' || this.#seen.has(event.id)) return false;
    this.#seen.add(event.id);
    const { recordedAt } = event;
    if (this.moments.at(-1)?.recordedAt === recordedAt) {
      this.moments.splice(-1, 1, { recordedAt, policies: withPolicy(this.current, event) });
    } else this.moments.push({ recordedAt, policies: withPolicy(this.current, event) });
    return true;
  }
}
