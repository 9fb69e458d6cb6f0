import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { GuardMismatchError } from '@tenure/read-store';
import type { LogAccess } from '../../engines/log-access.ts';
import { untilAvailable } from '../../engines/until-available.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { JobOutcome, JobRequest, ViewsMessage } from '../protocol.ts';
import { messageOf } from '../reports.ts';
import { nextBuild, withoutBuild } from '../view-version.ts';
import { Builder, type ServedViews, type Told } from './builder.ts';
import type { BuilderOptions } from './builder-protocol.ts';
import { isAtWork, type Job, type JobRows, type JobStatus, nothingCompared } from './job.ts';

export interface JobsParts {
  readonly rows: JobRows;
  readonly options: Omit<BuilderOptions, 'log' | 'version' | 'folder' | 'served' | 'scope'>;
  /** Another connection to the log, for a thread that closes it. */
  readonly openLog: () => Promise<LogAccess>;
  /** The version that is served. */
  readonly version: () => string;
  /** What a version is named, but for its build, by the code and the policies that there are now. */
  readonly wanted: () => Promise<string>;
  readonly versions: () => Promise<readonly string[]>;
  readonly served: ServedViews;
  /** Goes over to another version, in one step for readers. */
  readonly switchTo: (version: string) => Promise<void>;
  /** @returns why it stays */
  readonly drop: (version: string) => Promise<string | undefined>;
  readonly now: () => number;
  /** Other processes may be at work on the same views. */
  readonly isShared: boolean;
  readonly say: (message: ViewsMessage) => void;
}

/** Between rows that say how far it is; lives, too, are told by them. */
const rowEveryMs = 2_000;
/** A process whose rows stand still for that long is gone. */
const goneAfterMs = 20_000;
const otherCode = 'There are other code or other policies by now';
/** What is told of the rate is that of the last seconds, not of all. */
const rateMs = 5_000;

/**
 * Rebuilds and verifications, one at a time over all processes that work on the same views. A job is a row that survives
 * the process: whoever starts next, or notices that its owner is gone, goes on with it.
 */
export class Jobs {
  readonly #parts: JobsParts;
  readonly #owner = randomUUID();
  readonly #turns = new OneAtATime();
  /** As they were written or read last, the latest first. */
  #jobs: readonly Job[] = [];
  /** Of jobs of this process, with the values that rows lack. */
  readonly #live = new Map<string, Job>();
  #builder: Builder | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosing = false;
  /** When a job of another process was seen to move, of a steady clock. */
  readonly #seen = new Map<string, { readonly mark: string; readonly at: number }>();

  constructor(parts: JobsParts) {
    this.#parts = parts;
  }

  /** Goes on with what a process before was at. */
  async resume(): Promise<void> {
    if (!this.#parts.isShared) for (const job of this.#jobs) if (isAtWork(job)) await this.#takeOver(job);
  }

  /** Looks at what other processes do. */
  async watch(): Promise<void> {
    await this.read();
    for (const job of this.#jobs) {
      if (!isAtWork(job) || job.owner === this.#owner) continue;
      const mark = `${job.owner} ${job.beat}`;
      const seen = this.#seen.get(job.id);
      if (seen?.mark !== mark) this.#seen.set(job.id, { mark, at: performance.now() });
      else if (performance.now() - seen.at > goneAfterMs) await this.#takeOver(job);
    }
  }

  request(request: JobRequest): Promise<JobOutcome> {
    return this.#turns.run(async () => {
      await this.read();
      switch (request.kind) {
        case 'rebuild':
        case 'verification':
          return this.#begin(request);
        case 'cancel':
          return this.#cancel(request.id);
        case 'switch-back':
          return this.#switchBack(request.id);
        case 'drop-version':
          return this.#dropVersion(request.id);
        default:
          return request satisfies never;
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#builder?.stop();
    await this.#running;
  }

  async #begin(request: Extract<JobRequest, { kind: 'rebuild' | 'verification' }>): Promise<JobOutcome> {
    const other = this.#jobs.find(isAtWork);
    if (other !== undefined) return { kind: 'refused', reason: `The ${other.kind} ${other.id} is under way` };
    const { version: current, versions, now, rows } = this.#parts;
    const served = current();
    const wanted = await this.#parts.wanted();
    const job: Job = {
      id: randomBytes(16).toString('hex'),
      kind: request.kind,
      view: request.kind === 'rebuild' ? request.view : '',
      sample: request.kind === 'verification' ? request.scope.sample : null,
      customers: request.kind === 'verification' ? [...(request.scope.customers ?? [])] : null,
      heal: request.kind === 'verification' && request.scope.heal,
      status: 'building',
      actor: request.actor,
      startedAt: now(),
      endedAt: null,
      version: request.kind === 'rebuild' ? nextBuild(wanted, [...(await versions()), served]) : served,
      previous: served,
      kept: null,
      position: null,
      share: 0,
      events: 0,
      eventsPerSecond: 0,
      secondsLeft: null,
      comparison: nothingCompared,
      failure: null,
      owner: this.#owner,
      beat: 0,
      isCancelled: false,
    };
    await rows.prune();
    await rows.begin(job);
    this.#written.set(job.id, job);
    this.#note(job);
    this.#start(job);
    return { kind: 'job', job };
  }

  async #cancel(id: string): Promise<JobOutcome> {
    const job = this.#find(id);
    if (job === undefined) return { kind: 'unknown' };
    if (!isAtWork(job)) return { kind: 'refused', reason: `It has ended: ${job.status}` };
    if (job.status === 'switching') return { kind: 'refused', reason: 'It is about to be served; switch back then' };
    const cancelled = await this.#put(job, { isCancelled: true });
    if (job.owner === this.#owner) await this.#builder?.stop();
    return { kind: 'job', job: cancelled };
  }

  async #switchBack(id: string): Promise<JobOutcome> {
    const job = this.#find(id);
    if (job === undefined) return { kind: 'unknown' };
    const isPossible = (job.status === 'switched' || job.status === 'returned') && job.kept !== null;
    if (!isPossible) return { kind: 'refused', reason: `There is no way back: ${job.status}` };
    const other = this.#jobs.find(isAtWork);
    if (other !== undefined) return { kind: 'refused', reason: `The ${other.kind} ${other.id} is under way` };
    if (withoutBuild(job.kept ?? '') !== (await this.#parts.wanted())) return { kind: 'refused', reason: otherCode };
    if (this.#parts.version() === job.kept) return { kind: 'refused', reason: 'That version is served' };
    const returning = await this.#put(job, { status: 'returning', endedAt: null, owner: this.#owner, failure: null });
    this.#start(returning);
    return { kind: 'job', job: returning };
  }

  async #dropVersion(id: string): Promise<JobOutcome> {
    const job = this.#find(id);
    if (job === undefined) return { kind: 'unknown' };
    if (isAtWork(job)) return { kind: 'refused', reason: `It is at work: ${job.status}` };
    if (job.kept === null) return { kind: 'refused', reason: 'There is no version left to drop' };
    const stays = await this.#parts.drop(job.kept);
    if (stays !== undefined) return { kind: 'refused', reason: stays };
    return { kind: 'job', job: await this.#put(job, { kept: null }) };
  }

  async #takeOver(job: Job): Promise<void> {
    try {
      const taken = await this.#put(job, { owner: this.#owner });
      this.#start(taken);
    } catch (error) {
      // Another process was faster, or its owner lives.
      this.#parts.say({ kind: 'note', level: 'warn', message: 'not taken over', details: messageOf(error) });
    }
  }

  #start(job: Job): void {
    this.#running = this.#running.then(() => this.#run(job));
  }

  async #run(begun: Job): Promise<void> {
    let job = begun;
    try {
      if (job.isCancelled) throw new Error('cancelled');
      job = await this.#build(job);
    } catch (error) {
      if (this.#isClosing) return;
      await this.#ended(begun, error);
    }
  }

  async #build(begun: Job): Promise<Job> {
    const { options, openLog, served, switchTo, version } = this.#parts;
    const { id, kind } = begun;
    const isReturn = begun.status === 'returning';
    const target = isReturn ? (begun.kept ?? '') : begun.version;
    if (kind === 'rebuild' && withoutBuild(target) !== (await this.#parts.wanted())) throw new Error(otherCode);
    const isServed = kind === 'rebuild' && version() === target;
    const folder = kind === 'rebuild' ? ('own' as const) : { scratch: this.#scratch(id) };
    const scope = kind === 'rebuild' ? null : { sample: begun.sample, customers: named(begun), heal: begun.heal };
    // A process may have ended right after it switched.
    if (!isServed) {
      if (folder !== 'own') rmSync(folder.scratch, { recursive: true, force: true });
      const progress = new Progress();
      const builderOptions: BuilderOptions = {
        ...options,
        log: await openLog(),
        version: kind === 'rebuild' ? target : 'expected',
        folder,
        served: isReturn ? null : version(),
        scope,
      };
      const builder = new Builder(builderOptions, served, (message) => this.#hear(id, message, progress));
      this.#builder = builder;
      const rowTimer = setInterval(() => void this.#beat(id), rowEveryMs);
      try {
        await builder.ready();
        if (kind === 'rebuild') await this.#change(id, { status: isReturn ? 'returning' : 'switching' });
        await builder.finish();
      } finally {
        clearInterval(rowTimer);
        await builder.stop();
        this.#builder = undefined;
        if (folder !== 'own') rmSync(folder.scratch, { recursive: true, force: true });
      }
      if (kind === 'rebuild') await switchTo(target);
    }
    const ended = { endedAt: this.#parts.now(), share: 1, secondsLeft: 0 };
    if (kind === 'verification') return this.#change(id, { ...ended, status: 'done' });
    const kept = target === begun.version ? begun.previous : begun.version;
    const done = await this.#change(id, { ...ended, status: isReturn ? 'returned' : 'switched', kept });
    await this.#dropOlder(done);
    return done;
  }

  /** One way back is enough: what rebuilds before have left goes. */
  async #dropOlder(done: Job): Promise<void> {
    for (const job of this.#jobs) {
      if (job.id === done.id || job.kept === null || isAtWork(job)) continue;
      if (job.kept === done.kept || job.kept === this.#parts.version()) {
        await this.#put(job, { kept: null });
        continue;
      }
      const stays = await this.#parts.drop(job.kept);
      if (stays === undefined) await this.#put(job, { kept: null });
    }
  }

  async #ended(begun: Job, error: unknown): Promise<void> {
    const { say, drop, now, version } = this.#parts;
    try {
      await this.read();
      const job = this.#find(begun.id) ?? begun;
      const isCancelled = job.isCancelled;
      const status = begun.status === 'returning' ? beforeReturn(job) : isCancelled ? 'cancelled' : 'failed';
      const failure = isCancelled ? null : messageOf(error);
      if (!isCancelled) say({ kind: 'failure', what: `${job.kind} ${job.id}`, message: messageOf(error) });
      const end = { status, endedAt: now(), failure, secondsLeft: null, isCancelled: false };
      await untilAvailable(() => this.#put(job, end));
      if (job.kind === 'rebuild' && begun.status !== 'returning' && version() !== job.version) await drop(job.version);
    } catch (later) {
      say({ kind: 'failure', what: `${begun.kind} ${begun.id}`, message: messageOf(later) });
    }
  }

  #hear(id: string, message: Told, progress: Progress): void {
    const job = this.#find(id);
    if (job === undefined) return;
    switch (message.kind) {
      case 'progress':
        this.#note({ ...job, ...progress.at(message), position: message.position, failure: message.failing });
        return;
      case 'comparing':
        this.#note({ ...job, status: 'comparing' });
        return;
      case 'compared':
        this.#note({ ...job, comparison: message.comparison });
        return;
      default:
        message satisfies never;
    }
  }

  /** Writes how far it is, and sees whether somebody wants it ended, or has taken it over. */
  async #beat(id: string): Promise<void> {
    try {
      await this.#turns.run(async () => {
        const job = this.#find(id);
        if (job === undefined || this.#builder === undefined) return;
        await this.#put(job, {});
        if (job.isCancelled) await this.#builder.stop();
      });
    } catch {
      await this.read().catch(() => undefined);
      const now = this.#find(id);
      if (now !== undefined && (now.owner !== this.#owner || now.isCancelled)) await this.#builder?.stop();
    }
  }

  #change(id: string, change: Partial<Job>): Promise<Job> {
    const put = async (): Promise<Job> => {
      const job = this.#find(id);
      if (job === undefined) throw new Error(`there is no job ${id}`);
      if (job.isCancelled) throw new Error('it was cancelled');
      return this.#put(job, change);
    };
    return this.#turns.run(() =>
      untilAvailable(put).catch(async (error: unknown) => {
        if (!(error instanceof GuardMismatchError)) throw error;
        // Another process wants it ended, or has taken it over: then it is not ours to go on with.
        await this.read();
        if (this.#find(id)?.owner !== this.#owner)
          throw new Error('another process has taken it over', { cause: error });
        return put();
      }),
    );
  }

  async #put(job: Job, change: Partial<Job>): Promise<Job> {
    const written = this.#written.get(job.id) ?? job;
    const next: Job = { ...job, ...change, beat: written.beat + 1 };
    await this.#parts.rows.put(next, written);
    this.#written.set(job.id, next);
    this.#note(next);
    return next;
  }

  /** As rows stand, by id. */
  readonly #written = new Map<string, Job>();

  /** Reads what was begun, whoever began it, and tells it. */
  async read(): Promise<void> {
    const rows = await this.#parts.rows.list();
    this.#written.clear();
    for (const row of rows) this.#written.set(row.id, row);
    this.#jobs = rows.map((row) => this.#liveOr(row));
    this.#parts.say({ kind: 'jobs', jobs: this.#jobs });
  }

  /** What is known here is later than the row, and has the values; but for what others may have written. */
  #liveOr(row: Job): Job {
    const live = this.#live.get(row.id);
    if (live === undefined || row.owner !== this.#owner) return row;
    return { ...live, isCancelled: row.isCancelled, kept: row.kept };
  }

  #note(job: Job): void {
    this.#live.set(job.id, job);
    const isNew = !this.#jobs.some(({ id }) => id === job.id);
    this.#jobs = isNew ? [job, ...this.#jobs] : this.#jobs.map((one) => (one.id === job.id ? job : one));
    this.#parts.say({ kind: 'jobs', jobs: this.#jobs });
  }

  #find(id: string): Job | undefined {
    return this.#jobs.find((job) => job.id === id);
  }

  #scratch(id: string): string {
    return join(this.#parts.options.views.directory, `verification-${id}`);
  }
}

/** What a rebuild was before somebody wanted the way back. */
function beforeReturn({ kept, version }: Job): JobStatus {
  return kept === version ? 'returned' : 'switched';
}

function named({ customers, sample }: Job): readonly string[] | null {
  return sample !== null || customers === null || customers.length === 0 ? null : customers;
}

/** How fast it goes, out of how far it was a while ago. */
class Progress {
  #samples: { readonly at: number; readonly share: number; readonly events: number }[] = [];

  at({ share, events }: { readonly share: number; readonly events: number }) {
    const at = performance.now();
    this.#samples.push({ at, share, events });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > rateMs) this.#samples.shift();
    const first = this.#samples[0] ?? { at, share, events };
    const seconds = (at - first.at) / 1_000;
    if (seconds === 0) return { share, events, eventsPerSecond: 0, secondsLeft: null };
    const shareRate = (share - first.share) / seconds;
    return {
      share,
      events,
      eventsPerSecond: Math.round((events - first.events) / seconds),
      secondsLeft: share >= 1 ? 0 : shareRate > 0 ? Math.ceil((1 - share) / shareRate) : null,
    };
  }
}
