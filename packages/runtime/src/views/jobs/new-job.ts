import { randomBytes } from 'node:crypto';
import type { JobRequest } from '../protocol.ts';
import { type Job, nothingCompared } from './job.ts';

interface Beginning {
  /** Of the views that are built, or compared. */
  readonly version: string;
  readonly served: string;
  readonly owner: string;
  /** ms since 1970 UTC. */
  readonly startedAt: number;
}

/** A job as it begins. */
export function newJob(
  request: Extract<JobRequest, { kind: 'rebuild' | 'verification' }>,
  { version, served, owner, startedAt }: Beginning,
): Job {
  const scope = request.kind === 'verification' ? request.scope : { sample: null, customers: null, heal: false };
  return {
    id: randomBytes(16).toString('hex'),
    kind: request.kind,
    view: request.kind === 'rebuild' ? request.view : '',
    sample: scope.sample,
    customers: scope.customers === null ? null : [...scope.customers],
    heal: scope.heal,
    status: 'building',
    actor: request.actor,
    startedAt,
    endedAt: null,
    version,
    previous: served,
    kept: null,
    position: null,
    share: 0,
    events: 0,
    eventsPerSecond: 0,
    secondsLeft: null,
    comparison: nothingCompared,
    failure: null,
    owner,
    beat: 0,
    isCancelled: false,
  };
}
