import type { PolicyDraft, WhatIfResult } from '@tenure/contracts';
import { isoInstant, withDraft } from '@tenure/domain';
import { Problem, type Replay, type ReplayProgress, readPolicies, type ServiceContext } from '@tenure/runtime';
import { resultOf } from './result.ts';
import type { Comparison, Found } from './tally.ts';

const tally = new URL('./tally.ts', import.meta.url).href;

/** Each takes all cores there are. */
const mostAtWork = 2;
/** The results are some hundred kilobytes each, at most. */
const mostKept = 20;

/** What is asked; instants in ms. */
export interface Question {
  readonly draft: PolicyDraft;
  /** As if the draft held from then on; undefined: always. */
  readonly effectiveFrom: number | undefined;
  readonly asOf: number;
  /** undefined: all that the log has. */
  readonly knownAt: number | undefined;
}

/** A question at work, or answered. */
export interface WhatIfJob extends Question {
  readonly id: string;
  /** All of the log up to here is looked at; null: it is empty. */
  readonly position: string | null;
  readonly startedAt: number;
  readonly outcome: Outcome;
  progress(): ReplayProgress;
}

export type Outcome =
  | { readonly status: 'running' }
  | { readonly status: 'done'; readonly finishedAt: number; readonly result: WhatIfResult }
  | { readonly status: 'cancelled'; readonly finishedAt: number }
  | { readonly status: 'failed'; readonly finishedAt: number; readonly reason: string };

interface Job extends WhatIfJob {
  outcome: Outcome;
  readonly cancel: () => void;
  readonly ended: Promise<void>;
}

/** Questions of this process, in memory: nothing of them is written anywhere, and all are forgotten when it ends. */
export class WhatIfJobs {
  readonly #context: Pick<ServiceContext, 'store' | 'clock' | 'replays' | 'log'>;
  /** In the order in which they were asked. */
  readonly #jobs = new Map<string, Job>();
  readonly #starting = new Map<string, Promise<Job>>();

  constructor(context: Pick<ServiceContext, 'store' | 'clock' | 'replays' | 'log'>) {
    this.#context = context;
  }

  /** @throws {Problem} `not-found` */
  get(id: string): WhatIfJob {
    return this.#find(id);
  }

  /**
   * Begins to look for an answer; the same id again is the same question.
   * @throws {Problem} `too-many-requests` while as many as there may be are at work
   */
  async start(id: string, question: Question): Promise<{ readonly job: WhatIfJob; readonly isNew: boolean }> {
    const known = this.#jobs.get(id) ?? this.#starting.get(id);
    if (known !== undefined) return { job: await known, isNew: false };
    const atWork = [...this.#jobs.values()].filter(({ outcome }) => outcome.status === 'running').length;
    if (atWork + this.#starting.size >= mostAtWork) {
      throw new Problem('too-many-requests', `${mostAtWork} what-ifs are at work; wait for one, or cancel it`);
    }
    const starting = this.#begin(id, question);
    this.#starting.set(id, starting);
    try {
      const job = await starting;
      this.#jobs.set(id, job);
      this.#forgetOldest();
      return { job, isNew: true };
    } finally {
      this.#starting.delete(id);
    }
  }

  /** Ends it, if it is at work. @throws {Problem} `not-found`; `wrong-status` when it has ended otherwise */
  async cancel(id: string): Promise<WhatIfJob> {
    const job = this.#find(id);
    job.cancel();
    await job.ended;
    if (job.outcome.status !== 'cancelled') throw new Problem('wrong-status', `It is ${job.outcome.status}`);
    return job;
  }

  #find(id: string): Job {
    const job = this.#jobs.get(id);
    if (job !== undefined) return job;
    throw new Problem('not-found', `There is no what-if ${id}: they are forgotten when the process that ran them ends`);
  }

  async #begin(id: string, question: Question): Promise<Job> {
    const { store, clock, replays, log } = this.#context;
    const { draft, effectiveFrom = Number.NEGATIVE_INFINITY, asOf, knownAt } = question;
    const startedAt = clock.now();
    const position = await store.head();
    const known = { upTo: position ?? '', ...(knownAt === undefined ? {} : { knownAt }) };
    const policies = await readPolicies(store, known);
    const version = draft.version ?? Math.max(0, ...policies[draft.policy].map(({ document }) => document.version)) + 1;
    const comparison: Comparison = {
      policies,
      draft: withDraft(policies, { ...draft, version }, effectiveFrom),
      asOf,
    };
    const replay: Replay<Found> = replays.start({ module: tally, options: comparison, known });
    const finish = (outcome: Outcome): void => {
      job.outcome = outcome;
    };
    const ended = replay.results.then(
      (found) => {
        const finishedAt = clock.now();
        if (found === undefined) finish({ status: 'cancelled', finishedAt });
        else
          finish({ status: 'done', finishedAt, result: resultOf(found, comparison, isoInstant(knownAt ?? startedAt)) });
      },
      (error: unknown) => {
        log.error({ err: error, whatIf: id }, 'a what-if failed');
        const reason = error instanceof Error ? error.message : String(error);
        finish({ status: 'failed', finishedAt: clock.now(), reason });
      },
    );
    const progress = (): ReplayProgress => replay.progress();
    const job: Job = {
      ...question,
      id,
      position,
      startedAt,
      outcome: { status: 'running' },
      progress,
      cancel: () => replay.cancel(),
      ended,
    };
    return job;
  }

  #forgetOldest(): void {
    for (const [id, { outcome }] of this.#jobs) {
      if (this.#jobs.size <= mostKept) return;
      if (outcome.status !== 'running') this.#jobs.delete(id);
    }
  }
}
