import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ReplayOutcome } from '@tenure/event-bus';
import type { Position } from '@tenure/event-store';
import type { CollectionDefinition, ReadStore, ViewSet } from '@tenure/read-store';
import type { LogAccess } from '../engines/log-access.ts';
import { openReadStore } from '../engines/read-store-access.ts';
import { untilAvailable } from '../engines/until-available.ts';
import { Problem } from '../http/problem.ts';
import type { Job } from './jobs/job.ts';
import type { Parked } from './parking.ts';
import { projectingConsumer } from './projecting.ts';
import type { JobOutcome, JobRequest, ViewsMessage, ViewsRequest, ViewsThreadOptions } from './protocol.ts';

export interface StartViewsOptions extends ViewsThreadOptions {
  /** The collections that the modules' projections declare. */
  readonly collections: readonly CollectionDefinition[];
  readonly onFailure: (what: string, message: string) => void;
  /** Told of what the views' engines have to say. */
  readonly onNote: (level: 'error' | 'warn' | 'info', message: string, details: string) => void;
  /** Told of what is set aside from now on, for somebody to look at. */
  readonly onParked: (park: Parked) => void;
  /** Told when there are no views that fit, and they are built from the whole log before anything is served. */
  readonly onBuilding: (version: string) => void;
  /** Gives another connection to the log, for a thread that closes it. */
  readonly openLog: () => LogAccess;
}

/** The views, as the thread that answers requests sees them. */
export interface Views {
  /** The version that is served now; take it once per request. */
  current(): ViewSet;
  /** All events up to here are in the views; null before the first. */
  readonly position: Position | null;
  /** Resolves once the views have a position; rejects when the signal aborts. */
  reached(position: Position, signal: AbortSignal): Promise<void>;
  /** Where consumers stand, by name. */
  readonly positions: ReadonlyMap<string, Position>;
  readonly parks: readonly Parked[];
  /** @throws {Problem} `customer-parked` when the views of a customer with one of these ids wait for somebody */
  refuseParked(ids: readonly string[]): void;
  /** Why the views don't move, if they don't. */
  readonly failure: string | undefined;
  replay(parkId: string): Promise<ReplayOutcome>;
  drop(parkId: string): Promise<ReplayOutcome>;
  /** Rebuilds and verifications, the latest first. */
  readonly jobs: readonly Job[];
  requestJob(request: JobRequest): Promise<JobOutcome>;
  close(): Promise<void>;
}

/**
 * Without limits V8 lets a thread's heap grow by what the machine has before it cleans up. The folds in memory take
 * about 500 MiB, a delivery of the largest events as much again.
 */
const resourceLimits = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 48 };

/** Starts the thread that writes the views and opens them for reading. @throws {Error} when the thread cannot start */
export async function startViews(options: StartViewsOptions): Promise<Views> {
  const { collections, onFailure, onNote, onParked, onBuilding, openLog, ...threadOptions } = options;
  const readStore = await openReadStore(options.views, 'reader');
  const worker = new Worker(new URL('./views-thread.ts', import.meta.url), {
    workerData: threadOptions satisfies ViewsThreadOptions,
    transferList: options.log.kind === 'sqlite' ? [options.log.connection.port] : [],
    name: 'views',
    resourceLimits,
  });
  const handle = new ViewsHandle({
    worker,
    readStore,
    collections,
    onFailure,
    onNote,
    onParked,
    onBuilding,
    openLog,
  });
  try {
    await handle.ready;
  } catch (error) {
    await worker.terminate();
    await readStore.close();
    throw error;
  }
  return handle;
}

interface HandleParts {
  readonly worker: Worker;
  readonly readStore: ReadStore;
  readonly collections: readonly CollectionDefinition[];
  readonly onFailure: (what: string, message: string) => void;
  /** Told of what the views' engines have to say. */
  readonly onNote: (level: 'error' | 'warn' | 'info', message: string, details: string) => void;
  readonly onParked: (park: Parked) => void;
  readonly onBuilding: (version: string) => void;
  readonly openLog: () => LogAccess;
}

class ViewsHandle implements Views {
  readonly #parts: HandleParts;
  readonly #positions = new Map<string, Position>();
  readonly #failures = new Map<string, string>();
  readonly #waiting = new Set<{ position: Position; resolve: () => void }>();
  readonly #calls = new Map<number, (outcome: ReplayOutcome) => void>();
  readonly #exited: Promise<unknown>;
  readonly #jobCalls = new Map<number, (outcome: JobOutcome) => void>();
  /** Versions that were served before: whoever began to read one goes on there. */
  readonly #before = new Map<string, ViewSet>();
  #calling = 0;
  #jobs: readonly Job[] = [];
  #parks: readonly Parked[] = [];
  #served: ViewSet | undefined;
  #ended: Error | undefined;
  #closing = false;
  readonly ready: Promise<void>;

  constructor(parts: HandleParts) {
    this.#parts = parts;
    this.#exited = once(parts.worker, 'exit');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    parts.worker.on('message', (message: ViewsMessage) => {
      if (message.kind === 'ready') this.#open().then(resolve, reject);
      else this.#hear(message);
    });
    parts.worker.on('error', (error) => {
      this.#ended = error instanceof Error ? error : new Error(String(error));
      parts.onFailure('views', this.#ended.message);
      reject(this.#ended);
    });
    parts.worker.on('exit', () => {
      this.#ended ??= this.#closing ? undefined : new Error('the thread that writes the views ended');
      reject(this.#ended ?? new Error('the views were closed'));
    });
  }

  current(): ViewSet {
    if (this.#served === undefined) throw new Error('the views are not open');
    return this.#served;
  }

  get position(): Position | null {
    return this.#positions.get(projectingConsumer) ?? null;
  }

  get positions(): ReadonlyMap<string, Position> {
    return this.#positions;
  }

  get parks(): readonly Parked[] {
    return this.#parks;
  }

  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  refuseParked(ids: readonly string[]): void {
    for (const park of this.#parks) {
      if (park.consumer !== projectingConsumer || !ids.includes(park.key)) continue;
      throw new Problem('customer-parked', `An event of this customer could not be applied: ${park.reason}`);
    }
  }

  get failure(): string | undefined {
    return this.#ended?.message ?? this.#failures.get(projectingConsumer);
  }

  reached(position: Position, signal: AbortSignal): Promise<void> {
    if (this.position !== null && this.position >= position) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const entry = { position, resolve };
      this.#waiting.add(entry);
      const give = (): void => {
        this.#waiting.delete(entry);
        reject(signal.reason);
      };
      if (signal.aborted) give();
      else signal.addEventListener('abort', give, { once: true });
    });
  }

  replay(parkId: string): Promise<ReplayOutcome> {
    return this.#release('replay', parkId);
  }

  drop(parkId: string): Promise<ReplayOutcome> {
    return this.#release('drop', parkId);
  }

  requestJob(request: JobRequest): Promise<JobOutcome> {
    const call = ++this.#calling;
    return new Promise((resolve) => {
      this.#jobCalls.set(call, resolve);
      this.#send({ kind: 'job', call, request });
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#send({ kind: 'close' });
    await this.#exited;
    await Promise.all([...this.#before.values()].map((views) => views.close()));
    await this.#served?.close();
    await this.#parts.readStore.close();
  }

  async #open(): Promise<void> {
    const version = await this.#parts.readStore.current();
    if (version === undefined) throw new Error('no version of the views is current');
    this.#served = await this.#parts.readStore.open(version, this.#parts.collections);
  }

  /** Readers that come from now on have the new version; those that have begun go on where they are. */
  async #switch(version: string): Promise<void> {
    const { readStore, collections } = this.#parts;
    const views = await untilAvailable(() => readStore.open(version, collections));
    const old = this.#served;
    this.#before.delete(version);
    this.#served = views;
    if (old !== undefined && old.version !== version) this.#before.set(old.version, old);
  }

  async #close(version: string): Promise<void> {
    await this.#before.get(version)?.close();
    this.#before.delete(version);
  }

  /** Does what the thread asked for, and says so. */
  async #do(call: number, what: string, work: Promise<void>): Promise<void> {
    try {
      await work;
      this.#send({ kind: 'heard', call });
    } catch (error) {
      this.#ended = error instanceof Error ? error : new Error(String(error));
      this.#parts.onFailure(what, this.#ended.message);
    }
  }

  #giveLog(call: number): void {
    const log = this.#parts.openLog();
    const transfer = log.kind === 'sqlite' ? [log.connection.port] : [];
    this.#parts.worker.postMessage({ kind: 'log', call, log } satisfies ViewsRequest, transfer);
  }

  #hear(message: Exclude<ViewsMessage, { kind: 'ready' }>): void {
    switch (message.kind) {
      case 'position':
        this.#failures.delete(message.consumer);
        this.#positions.set(message.consumer, message.position);
        if (message.consumer === projectingConsumer) this.#wake(message.position);
        return;
      case 'parked':
        this.#hearParked(message.parks);
        return;
      case 'released':
        this.#calls.get(message.call)?.(message.outcome);
        this.#calls.delete(message.call);
        return;
      case 'jobs':
        this.#jobs = message.jobs;
        return;
      case 'job-done':
        this.#jobCalls.get(message.call)?.(message.outcome);
        this.#jobCalls.delete(message.call);
        return;
      case 'log-wanted':
        this.#giveLog(message.call);
        return;
      case 'switched':
        void this.#do(message.call, 'switching the views', this.#switch(message.version));
        return;
      case 'going':
        void this.#do(message.call, 'closing views', this.#close(message.version));
        return;
      case 'building':
        this.#parts.onBuilding(message.version);
        return;
      case 'note':
        this.#parts.onNote(message.level, message.message, message.details);
        return;
      case 'failure':
        this.#failures.set(message.what, message.message);
        this.#parts.onFailure(message.what, message.message);
        return;
      default:
        message satisfies never;
    }
  }

  /** What was parked before the start was told of then. */
  #hearParked(parks: readonly Parked[]): void {
    const known = new Set(this.#parks.map(({ id, position }) => `${id} ${position}`));
    if (this.#served !== undefined) {
      for (const park of parks) if (!known.has(`${park.id} ${park.position}`)) this.#parts.onParked(park);
    }
    this.#parks = parks;
  }

  #wake(position: Position): void {
    for (const entry of this.#waiting) {
      if (entry.position > position) continue;
      this.#waiting.delete(entry);
      entry.resolve();
    }
  }

  #release(kind: 'replay' | 'drop', parkId: string): Promise<ReplayOutcome> {
    const call = ++this.#calling;
    return new Promise((resolve) => {
      this.#calls.set(call, resolve);
      this.#send({ kind, call, parkId });
    });
  }

  #send(request: ViewsRequest): void {
    this.#parts.worker.postMessage(request);
  }
}
