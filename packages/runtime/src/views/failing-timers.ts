import type { ReplayOutcome } from '@tenure/event-bus';
import type { Document } from '@tenure/read-store';
import { LRUCache } from 'lru-cache';
import { mayPass } from '../engines/until-available.ts';
import type { ParkedTimer, ParkedTimers } from './parked-timers.ts';
import type { Timer, ViewsContext } from './types.ts';

export interface FailingTimersParts {
  readonly timers: readonly Timer[];
  readonly context: ViewsContext;
  readonly parked: ParkedTimers;
  readonly onParked: () => void;
  readonly onFailure: (timer: string, id: string, error: unknown) => void;
  /** Real time until what failed once, twice and so on is tried again; then it is parked. */
  readonly retriesAfterMs?: readonly number[];
}

interface Aside {
  /** The instant that was due, in ms. */
  readonly dueAt: number;
  /** How often it has failed. */
  readonly failures: number;
  /** Of a steady clock. */
  readonly until: number;
}

/** What is parked, with what it is about. */
interface FoundTimer {
  readonly row: ParkedTimer;
  readonly timer: Timer;
  /** If it is still due at that instant. */
  readonly document: Document | undefined;
}

const usualRetriesAfterMs = [1_000, 5_000, 15_000];
/** Real time until one that was fired and is still due fires again: somebody else may be about to move it. */
const firedAgainMs = 5_000;
/** Over all timers; beyond it those that were set aside longest ago are tried again sooner. */
const setAsideAtMost = 100_000;

/** Documents of timers that are not to be fired for a while, or not before somebody has looked at them. */
export class FailingTimers {
  readonly #parts: FailingTimersParts;
  readonly #aside = new LRUCache<string, Aside>({ max: setAsideAtMost });

  constructor(parts: FailingTimersParts) {
    this.#parts = parts;
  }

  /** Whether a document has to wait; whoever falls due at another instant than before has moved. */
  has(timer: Timer, document: Document): boolean {
    const instant = dueAt(timer, document);
    const aside = this.#aside.get(asideKey(timer, document._id));
    if (aside !== undefined && aside.dueAt === instant && performance.now() < aside.until) return true;
    return this.#parts.parked.has(timer.name, document._id, instant);
  }

  /** What comes of it is awaited for a while. */
  fired(timer: Timer, documents: readonly Document[]): void {
    for (const document of documents) this.#putAside(timer, document, firedAgainMs, 0);
  }

  /**
   * Sets a document aside, or parks it when it has failed too often.
   * @throws what may pass: it does not count, as it may be no fault of this one
   */
  async failed(timer: Timer, document: Document, error: unknown): Promise<void> {
    const { retriesAfterMs = usualRetriesAfterMs, onFailure } = this.#parts;
    const aside = this.#aside.get(asideKey(timer, document._id));
    const failures = aside?.dueAt === dueAt(timer, document) ? aside.failures : 0;
    if (mayPass(error)) {
      this.#putAside(timer, document, retriesAfterMs[0] ?? 0, failures);
      throw error;
    }
    onFailure(timer.name, document._id, error);
    const againAfterMs = retriesAfterMs[failures];
    if (againAfterMs === undefined) await this.park(timer, document, error);
    else this.#putAside(timer, document, againAfterMs, failures + 1);
  }

  async park(timer: Timer, document: Document, error: unknown): Promise<void> {
    const { context, parked, onParked } = this.#parts;
    await parked.park({
      timer: timer.name,
      document: document._id,
      dueAt: dueAt(timer, document),
      position: (await context.store.head()) ?? '',
      reason: error instanceof Error ? error.message : String(error),
      parkedAt: context.now(),
    });
    onParked();
  }

  /** What waits under this id, in whichever process it was parked. */
  async find(id: string): Promise<FoundTimer | undefined> {
    const { parked } = this.#parts;
    await parked.reload();
    const row = parked.waiting.find((one) => one.id === id);
    return row === undefined ? undefined : this.#about(row);
  }

  async release({ row, timer }: FoundTimer): Promise<void> {
    const { parked, onParked } = this.#parts;
    this.#aside.delete(asideKey(timer, row.document));
    await parked.release(row);
    onParked();
  }

  /** Leaves a parked timer out, for the instant at which it fell due. */
  async drop(id: string): Promise<ReplayOutcome> {
    const found = await this.find(id);
    if (found === undefined) return 'unknown';
    const isDropped = await this.#parts.parked.drop(found.row);
    this.#parts.onParked();
    return isDropped ? 'released' : 'parked-again';
  }

  /** Releases what is parked and whose documents have moved. */
  async tidy(): Promise<void> {
    for (const row of this.#parts.parked.all) {
      const about = await this.#about(row);
      if (about !== undefined && about.document === undefined) await this.release(about);
    }
  }

  async #about(row: ParkedTimer): Promise<FoundTimer | undefined> {
    const { timers, context } = this.#parts;
    const timer = timers.find(({ name }) => name === row.timer);
    if (timer === undefined) return undefined;
    const document = (await context.views.get(timer.collection, row.document))?.document;
    const isDue = document !== undefined && dueAt(timer, document) === row.dueAt;
    return { row, timer, document: isDue ? document : undefined };
  }

  #putAside(timer: Timer, document: Document, forMs: number, failures: number): void {
    const until = performance.now() + forMs;
    this.#aside.set(asideKey(timer, document._id), { dueAt: dueAt(timer, document), failures, until });
  }
}

/** When a document falls due, ms since 1970 UTC. */
function dueAt({ field }: Timer, document: Document): number {
  return Number(field.split('.').reduce<unknown>((value, name) => Object(value)[name], document));
}

function asideKey(timer: Timer, id: string): string {
  return `${timer.name}/${id}`;
}
