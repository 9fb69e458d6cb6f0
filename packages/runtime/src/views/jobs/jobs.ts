import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LogAccess } from '../../engines/log-access.ts';
import { untilAvailable } from '../../engines/until-available.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { JobOutcome, JobRequest, ViewsMessage } from '../protocol.ts';
import { messageOf } from '../reports.ts';
import { nextBuild, withoutBuild } from '../view-version.ts';
import { Builder, type ServedViews, type Told } from './builder.ts';
import type { BuilderOptions } from './builder-protocol.ts';
import { beforeReturn, isAtWork, type Job, type JobRows, namedCustomers } from './job.ts';
import { JobLedger } from './job-ledger.ts';
import { newJob } from './new-job.ts';
import { ProgressRate } from './progress-rate.ts';

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

/**
 * Rebuilds and verifications, one at a time over all processes that work on the same views. A job is a row that survives
 * the process: whoever starts next, or notices that its owner is gone, goes on with it.
 */
export class Jobs {
  readonly #parts: JobsParts;
  readonly #ledger: JobLedger;
  readonly #turns = new OneAtATime();
  #builder: Builder | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosing = false;
  /** When a job of another process was seen to move, of a steady clock. */
  readonly #seen = new Map<string, { readonly mark: string; readonly at: number }>();

  constructor(parts: JobsParts) {
    this.#parts = parts;
    this.#ledger = new JobLedger(parts.rows, parts.say, randomUUID());
  }

  /** Reads what was begun, whoever began it, and tells it. */
  read(): Promise<void> {
    return this.#turns.run(() => this.#ledger.read());
  }

  /** Goes on with what a process before was at. */
  async resume(): Promise<void> {
    if (!this.#parts.isShared) for (const job of this.#ledger.jobs) if (isAtWork(job)) await this.#takeOver(job);
  }

  /** Looks at what other processes do. */
  async watch(): Promise<void> {
    await this.read();
    for (const job of this.#ledger.jobs) {
      if (!isAtWork(job) || job.owner === this.#ledger.owner) continue;
      const mark = `${job.owner} ${job.beat}`;
      const seen = this.#seen.get(job.id);
      if (seen?.mark !== mark) this.#seen.set(job.id, { mark, at: performance.now() });
      else if (performance.now() - seen.at > goneAfterMs) await this.#takeOver(job);
    }
  }

  request(request: JobRequest): Promise<JobOutcome> {
    return this.#turns.run(async () => {
      await this.#ledger.read();
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
    const other = this.#ledger.atWork();
    if (other !== undefined) return { kind: 'refused', reason: `The ${other.kind} ${other.id} is under way` };
    const { version: current, versions, now } = this.#parts;
    const served = current();
    const wanted = await this.#parts.wanted();
    const version = request.kind === 'rebuild' ? nextBuild(wanted, [...(await versions()), served]) : served;
    const job = newJob(request, { version, served, owner: this.#ledger.owner, startedAt: now() });
    await this.#ledger.begin(job);
    this.#start(job);
    return { kind: 'job', job };
  }

  async #cancel(id: string): Promise<JobOutcome> {
    const job = this.#ledger.find(id);
    if (job === undefined) return { kind: 'unknown' };
    if (!isAtWork(job)) return { kind: 'refused', reason: `It has ended: ${job.status}` };
    if (job.status === 'switching') return { kind: 'refused', reason: 'It is about to be served; switch back then' };
    const cancelled = await this.#ledger.put(job, { isCancelled: true });
    if (job.owner === this.#ledger.owner) await this.#builder?.stop();
    return { kind: 'job', job: cancelled };
  }

  async #switchBack(id: string): Promise<JobOutcome> {
    const job = this.#ledger.find(id);
    if (job === undefined) return { kind: 'unknown' };
    const isPossible = (job.status === 'switched' || job.status === 'returned') && job.kept !== null;
    if (!isPossible) return { kind: 'refused', reason: `There is no way back: ${job.status}` };
    const other = this.#ledger.atWork();
    if (other !== undefined) return { kind: 'refused', reason: `The ${other.kind} ${other.id} is under way` };
    if (withoutBuild(job.kept ?? '') !== (await this.#parts.wanted())) return { kind: 'refused', reason: otherCode };
    if (this.#parts.version() === job.kept) return { kind: 'refused', reason: 'That version is served' };
    const returning = await this.#ledger.put(job, {
      status: 'returning',
      endedAt: null,
      owner: this.#ledger.owner,
      failure: null,
    });
    this.#start(returning);
    return { kind: 'job', job: returning };
  }

  async #dropVersion(id: string): Promise<JobOutcome> {
    const job = this.#ledger.find(id);
    if (job === undefined) return { kind: 'unknown' };
    if (isAtWork(job)) return { kind: 'refused', reason: `It is at work: ${job.status}` };
    if (job.kept === null) return { kind: 'refused', reason: 'There is no version left to drop' };
    const stays = await this.#parts.drop(job.kept);
    if (stays !== undefined) return { kind: 'refused', reason: stays };
    return { kind: 'job', job: await this.#ledger.put(job, { kept: null }) };
  }

  async #takeOver(job: Job): Promise<void> {
    try {
      const taken = await this.#ledger.put(job, { owner: this.#ledger.owner });
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
    const { options, openLog, served, switchTo, version, wanted } = this.#parts;
    const { id, kind } = begun;
    const isReturn = begun.status === 'returning';
    const target = isReturn ? (begun.kept ?? '') : begun.version;
    if (kind === 'rebuild' && withoutBuild(target) !== (await wanted())) throw new Error(otherCode);
    const isServed = kind === 'rebuild' && version() === target;
    const folder = kind === 'rebuild' ? ('own' as const) : { scratch: this.#scratch(id) };
    const scope =
      kind === 'rebuild' ? null : { sample: begun.sample, customers: namedCustomers(begun), heal: begun.heal };
    // A process may have ended right after it switched.
    if (!isServed) {
      if (folder !== 'own') rmSync(folder.scratch, { recursive: true, force: true });
      const progress = new ProgressRate();
      const builderOptions: BuilderOptions = {
        ...options,
        log: await openLog(),
        version: kind === 'rebuild' ? target : 'expected',
        folder,
        // What other policies have made differs, and is not wrong.
        served: isReturn || withoutBuild(version()) !== withoutBuild(target) ? null : version(),
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
    const before = target === begun.version ? begun.previous : begun.version;
    // Nobody may go back to what other policies have made.
    const isWayBack = withoutBuild(before) === (await wanted());
    const kept = isWayBack || (await this.#parts.drop(before)) !== undefined ? before : null;
    const done = await this.#change(id, { ...ended, status: isReturn ? 'returned' : 'switched', kept });
    await this.#dropOlder(done);
    return done;
  }

  /** One way back is enough: what rebuilds before have left goes. */
  async #dropOlder(done: Job): Promise<void> {
    for (const job of this.#ledger.jobs) {
      if (job.id === done.id || job.kept === null || isAtWork(job)) continue;
      if (job.kept === done.kept || job.kept === this.#parts.version()) {
        await this.#ledger.put(job, { kept: null });
        continue;
      }
      const stays = await this.#parts.drop(job.kept);
      if (stays === undefined) await this.#ledger.put(job, { kept: null });
    }
  }

  async #ended(begun: Job, error: unknown): Promise<void> {
    const { say, drop, now, version } = this.#parts;
    try {
      await this.read();
      const job = this.#ledger.find(begun.id) ?? begun;
      // Another process has taken it over.
      if (job.owner !== this.#ledger.owner) return;
      const isCancelled = job.isCancelled;
      const status = begun.status === 'returning' ? beforeReturn(job) : isCancelled ? 'cancelled' : 'failed';
      const failure = isCancelled ? null : messageOf(error);
      if (!isCancelled) say({ kind: 'failure', what: `${job.kind} ${job.id}`, message: messageOf(error) });
      const end = { status, endedAt: now(), failure, secondsLeft: null, isCancelled: false };
      await untilAvailable(() => this.#ledger.put(job, end));
      if (job.kind === 'rebuild' && begun.status !== 'returning' && version() !== job.version) await drop(job.version);
    } catch (later) {
      say({ kind: 'failure', what: `${begun.kind} ${begun.id}`, message: messageOf(later) });
    }
  }

  #hear(id: string, message: Told, progress: ProgressRate): void {
    const job = this.#ledger.find(id);
    if (job === undefined) return;
    switch (message.kind) {
      case 'progress':
        this.#ledger.note({ ...job, ...progress.at(message), position: message.position, failure: message.failing });
        return;
      case 'comparing':
        this.#ledger.note({ ...job, status: 'comparing' });
        return;
      case 'compared':
        this.#ledger.note({ ...job, comparison: message.comparison });
        return;
      default:
        message satisfies never;
    }
  }

  /** Writes how far it is, and sees whether somebody wants it ended, or has taken it over. */
  async #beat(id: string): Promise<void> {
    try {
      await this.#turns.run(async () => {
        const job = this.#ledger.find(id);
        if (job === undefined || this.#builder === undefined) return;
        await this.#ledger.put(job, {});
        if (job.isCancelled) await this.#builder.stop();
      });
    } catch {
      await this.read().catch(() => undefined);
      const now = this.#ledger.find(id);
      if (now !== undefined && (now.owner !== this.#ledger.owner || now.isCancelled)) await this.#builder?.stop();
    }
  }

  #change(id: string, change: Partial<Job>): Promise<Job> {
    return this.#turns.run(() => this.#ledger.change(id, change));
  }

  #scratch(id: string): string {
    return join(this.#parts.options.views.directory, `verification-${id}`);
  }
}
