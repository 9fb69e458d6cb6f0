import type { RebuildView, VerificationView } from '@tenure/contracts';
import { Problem } from '../http/problem.ts';
import type { Job } from '../views/jobs/job.ts';
import type { JobOutcome } from '../views/protocol.ts';

/** A rebuild as it is answered. @param views what is built together */
export function rebuildOf(job: Job, views: readonly string[]): RebuildView {
  const { status, view, version, previous, kept } = job;
  if (status === 'done') throw new TypeError('a rebuild is not done but switched');
  return { ...common(job), view, views: [...views], status, version, previous, kept };
}

/** A verification as it is answered. */
export function verificationOf(job: Job): VerificationView {
  const { status, sample, customers, heal, version } = job;
  if (status === 'switching' || status === 'switched' || status === 'returning' || status === 'returned') {
    throw new TypeError('a verification switches nothing');
  }
  return { ...common(job), sample, customers: customers?.length || null, heal, status, version };
}

/** The job that a request led to. @throws {Problem} `not-found`, `conflict` */
export function jobOf(outcome: JobOutcome, id = ''): Job {
  if (outcome.kind === 'unknown') throw noJob(id);
  if (outcome.kind === 'refused') throw new Problem('conflict', outcome.reason);
  return outcome.job;
}

export function noJob(id: string): Problem {
  return new Problem('not-found', `There is no job ${id}`);
}

function common({ id, actor, startedAt, endedAt, comparison, failure, ...job }: Job) {
  const { position, share, events, eventsPerSecond, secondsLeft } = job;
  return {
    id,
    actor,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
    progress: { position, percent: Math.floor(share * 1_000) / 10, events, eventsPerSecond, secondsLeft },
    comparison,
    failure,
  };
}
