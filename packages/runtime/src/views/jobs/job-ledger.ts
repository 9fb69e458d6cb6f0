import { GuardMismatchError } from '@tenure/read-store';
import { untilAvailable } from '../../engines/until-available.ts';
import type { ViewsMessage } from '../protocol.ts';
import { isAtWork, type Job, type JobRows } from './job.ts';

/** Beats between lines of the log that say how far a job is. */
const beatsBetweenLines = 15;

/**
 * The jobs as one process knows them: as their rows stand, and of its own what it has found since and the values that
 * rows lack. Whatever changes is told.
 */
export class JobLedger {
  readonly #rows: JobRows;
  readonly #say: (message: ViewsMessage) => void;
  /** Of this process. */
  readonly owner: string;
  /** The latest first. */
  #jobs: readonly Job[] = [];
  /** As rows stand, by id. */
  readonly #written = new Map<string, Job>();
  /** Of this process. */
  readonly #live = new Map<string, Job>();

  constructor(rows: JobRows, say: (message: ViewsMessage) => void, owner: string) {
    this.#rows = rows;
    this.#say = say;
    this.owner = owner;
  }

  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  find(id: string): Job | undefined {
    return this.#jobs.find((job) => job.id === id);
  }

  /** One that is under way, here or elsewhere. */
  atWork(): Job | undefined {
    return this.#jobs.find(isAtWork);
  }

  /** Reads what was begun, whoever began it. */
  async read(): Promise<void> {
    const rows = await this.#rows.list();
    this.#written.clear();
    for (const row of rows) this.#written.set(row.id, row);
    for (const id of this.#live.keys()) if (!this.#written.has(id)) this.#live.delete(id);
    this.#jobs = rows.map((row) => this.#liveOr(row));
    this.#say({ kind: 'jobs', jobs: this.#jobs });
  }

  /** @throws {GuardMismatchError} when another process was faster */
  async begin(job: Job): Promise<void> {
    await this.#rows.prune();
    await this.#rows.begin(job);
    this.#written.set(job.id, job);
    this.note(job);
    this.#tell(job);
  }

  /** Writes what has changed of a job. @throws {GuardMismatchError} when its row is not as it was read */
  async put(job: Job, change: Partial<Job>): Promise<Job> {
    const written = this.#written.get(job.id) ?? job;
    const next: Job = { ...job, ...change, beat: written.beat + 1 };
    await this.#rows.put(next, written);
    this.#written.set(job.id, next);
    this.note(next);
    if (next.status !== written.status || (isAtWork(next) && next.beat % beatsBetweenLines === 0)) this.#tell(next);
    return next;
  }

  /** The same of a job of this process, however long that takes. @throws when it is not its own any more, or cancelled */
  async change(id: string, change: Partial<Job>): Promise<Job> {
    const put = async (): Promise<Job> => {
      const job = this.find(id);
      if (job === undefined) throw new Error(`there is no job ${id}`);
      if (job.isCancelled) throw new Error('it was cancelled');
      return this.put(job, change);
    };
    return untilAvailable(put).catch(async (error: unknown) => {
      if (!(error instanceof GuardMismatchError)) throw error;
      await this.read();
      if (this.find(id)?.owner !== this.owner) throw new Error('another process has taken it over', { cause: error });
      return put();
    });
  }

  /** Takes what was found of a job, until the next write. */
  note(job: Job): void {
    this.#live.set(job.id, job);
    const isNew = !this.#jobs.some(({ id }) => id === job.id);
    this.#jobs = isNew ? [job, ...this.#jobs] : this.#jobs.map((one) => (one.id === job.id ? job : one));
    this.#say({ kind: 'jobs', jobs: this.#jobs });
  }

  #tell({ kind, id, status, share, eventsPerSecond, secondsLeft, comparison, failure }: Job): void {
    const percent = Math.floor(share * 100);
    const { documents, differences } = comparison;
    const told = { id, status, percent, eventsPerSecond, secondsLeft, documents, differences, failure };
    this.#say({ kind: 'note', level: 'info', message: `${kind} of the views`, details: JSON.stringify(told) });
  }

  /** What is known here is later than the row, and has the values; but for what others may have written. */
  #liveOr(row: Job): Job {
    const live = this.#live.get(row.id);
    if (live === undefined || row.owner !== this.owner) return row;
    return { ...live, isCancelled: row.isCancelled, kept: row.kept };
  }
}
