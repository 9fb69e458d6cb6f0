import type { ViewComparison } from '@tenure/contracts';
import type { CollectionDefinition, GuardedReplace, ViewSet } from '@tenure/read-store';
import { z } from 'zod';

export const jobCollections: readonly CollectionDefinition[] = [
  { name: 'jobs', indexes: [{ fields: ['startedAt'] }] },
  // One row, written by whoever begins a job: of two processes one is told that the other was faster.
  { name: 'job-turns', indexes: [] },
];

/** What is to be compared with the log; without a sample or customers everything. */
export interface VerificationScope {
  readonly sample: number | null;
  /** Ids. */
  readonly customers: readonly string[] | null;
  readonly heal: boolean;
}

const comparison = z.custom<ViewComparison>((value) => typeof value === 'object' && value !== null);

const schema = z.object({
  _id: z.string(),
  kind: z.enum(['rebuild', 'verification']),
  /** What was asked for, of a rebuild. */
  view: z.string(),
  sample: z.number().nullable(),
  customers: z.array(z.string()).nullable(),
  heal: z.boolean(),
  status: z.enum([
    'building',
    'comparing',
    'switching',
    'switched',
    'returning',
    'returned',
    'cancelled',
    'failed',
    'done',
  ]),
  actor: z.string(),
  /** ms since 1970 UTC. */
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  /** Of a rebuild: what is built. Of a verification: what is compared. */
  version: z.string(),
  /** What was served when it began. */
  previous: z.string(),
  /** Not served, and there is a way to it. */
  kept: z.string().nullable(),
  position: z.string().nullable(),
  /** Of the log, from 0 to 1. */
  share: z.number(),
  events: z.number(),
  eventsPerSecond: z.number(),
  secondsLeft: z.number().nullable(),
  comparison,
  failure: z.string().nullable(),
  /** Which process is at it. */
  owner: z.string(),
  /** Counts as long as that process lives. */
  beat: z.number(),
  /** Somebody wants it ended. */
  isCancelled: z.boolean(),
});

/** A rebuild or a verification, as its row says. */
export type Job = Readonly<Omit<z.infer<typeof schema>, '_id'>> & { readonly id: string };
export type JobStatus = Job['status'];

const working: ReadonlySet<JobStatus> = new Set(['building', 'comparing', 'switching', 'returning']);

export function isAtWork({ status }: Pick<Job, 'status'>): boolean {
  return working.has(status);
}

/** What a rebuild was before somebody wanted the way back. */
export function beforeReturn({ kept, version }: Job): JobStatus {
  return kept === version ? 'returned' : 'switched';
}

/** Whom a verification is about; null: everybody, or a sample. */
export function namedCustomers({ customers }: Job): readonly string[] | null {
  return customers === null || customers.length === 0 ? null : customers;
}

export const nothingCompared: ViewComparison = {
  documents: 0,
  differences: 0,
  healed: 0,
  parked: 0,
  unsettled: 0,
  items: [],
};

/** Ended jobs that are remembered. */
const mostKept = 50;

/** Jobs as rows of the view set that outlives versions. Rows hold no values of documents: those may be personal. */
export class JobRows {
  readonly #state: ViewSet;
  /** Who began the last job, as it was when the rows were read. */
  #turn: string | null = null;

  constructor(state: ViewSet) {
    this.#state = state;
  }

  /** The latest first. */
  async list(): Promise<readonly Job[]> {
    this.#turn = (await this.#state.get('job-turns', 'turn'))?.guard ?? null;
    const rows = await this.#state.find('jobs', { sort: [{ field: 'startedAt', direction: -1 }] });
    return rows.map((row) => {
      const { _id: id, ...rest } = schema.parse(row);
      return { id, ...rest };
    });
  }

  /** Writes a new job. @throws {GuardMismatchError} when another was begun since the rows were read */
  async begin(job: Job): Promise<void> {
    const turn = {
      collection: 'job-turns',
      id: 'turn',
      document: { _id: 'turn' },
      guard: job.id,
      expected: this.#turn,
    };
    await this.#state.write({ replaces: [turn, rowOf(job, null)] });
  }

  /** Writes a job over the one that was read. @throws {GuardMismatchError} when somebody else has changed it since */
  async put(job: Job, before: Job): Promise<void> {
    await this.#state.write({ replaces: [rowOf(job, guardOf(before))] });
  }

  /** Forgets the oldest of those that have ended and to whose versions there is no way. */
  async prune(): Promise<void> {
    const ended = (await this.list()).filter((job) => !isAtWork(job) && job.kept === null);
    const replaces = ended.slice(mostKept).map((job) => ({
      collection: 'jobs',
      id: job.id,
      document: null,
      guard: guardOf(job),
      expected: guardOf(job),
    }));
    if (replaces.length > 0) await this.#state.write({ replaces });
  }
}

function rowOf({ id, ...rest }: Job, expected: string | null): GuardedReplace {
  const items = rest.comparison.items.map((item) => ({
    ...item,
    fields: item.fields.map(({ field }) => ({ field, served: null, expected: null })),
  }));
  const document = { _id: id, ...rest, comparison: { ...rest.comparison, items } };
  return { collection: 'jobs', id, document, guard: guardOf({ id, ...rest }), expected };
}

function guardOf({ owner, beat }: Job): string {
  return `${owner} ${beat}`;
}
