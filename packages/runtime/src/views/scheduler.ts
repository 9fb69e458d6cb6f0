import type { ReplayOutcome, Subscription } from '@tenure/event-bus';
import type { Document, Filter } from '@tenure/read-store';
import { LRUCache } from 'lru-cache';
import { mayPass } from '../engines/until-available.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { ParkedTimer, ParkedTimers } from './parked-timers.ts';
import type { Timer, ViewsContext } from './types.ts';

interface Parts {
  readonly timers: readonly Timer[];
  readonly context: ViewsContext;
  /** Whose position the documents have. */
  readonly projecting: Pick<Subscription, 'reached'>;
  readonly recording: Pick<Subscription, 'reached'>;
  /** Whether this process is given the events of a key: it owns the key's timers. */
  readonly owns: (key: string) => boolean;
  readonly parked: ParkedTimers;
  readonly onParked: () => void;
  readonly onFailure: (timer: string, id: string, error: unknown) => void;
  /** How often the documents are looked at, in real time. */
  readonly everyMs: number;
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

/** Documents of one timer fired in one go; then it is the turn of the next timer. */
const firedAtOnce = 500;
const usualRetriesAfterMs = [1_000, 5_000, 15_000];
/** Real time until one that was fired and is still due fires again: somebody else may be about to move it. */
const firedAgainMs = 5_000;
/** As many in a row that fail for what may pass are taken to fail for what is outside. */
const mostUnavailable = 2;
/** Real time until a timer is looked at again after a round that failed. */
const pauseMs = 500;
/** Over all timers; beyond it those that were set aside longest ago are tried again sooner. */
const setAsideAtMost = 100_000;
/** A look that finds nothing but what has to wait is not repeated before so many times as long as it took. */
const restsForLooks = 10;
/** Real time between looks for parked timers that have become idle because their documents have moved. */
const tidiedEveryMs = 60_000;

/**
 * Fires what falls due. Once a moment has come it takes the head of the log and waits until the documents have reached
 * it, so nothing fires that a fact before that moment has moved. One that fails, or that nothing comes of, is set aside and
 * starves no other; what goes on failing is parked.
 */
export class Scheduler {
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  readonly #aside = new LRUCache<string, Aside>({ max: setAsideAtMost });
  readonly #restUntil = new Map<Timer, number>();
  readonly #turns = new OneAtATime();
  #next: NodeJS.Timeout | undefined;
  #tidyAt = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    this.#next = setTimeout(() => {
      void this.#turns
        .run(() => this.#fireAll())
        .finally(() => {
          if (!this.#stopping.signal.aborted) this.start();
        });
    }, this.#parts.everyMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#next);
    await this.#turns.run(async () => undefined);
  }

  /** Fires a parked timer again, now; in another process, if its key belongs there. */
  replay(id: string): Promise<ReplayOutcome> {
    return this.#turns.run(async () => {
      const { parked, context, onParked } = this.#parts;
      if (this.#stopping.signal.aborted) return 'parked-again';
      await parked.reload();
      const row = parked.waiting.find((one) => one.id === id);
      const timer = this.#timerOf(row);
      if (row === undefined || timer === undefined) return 'unknown';
      const due = await this.#documentOf(timer, row);
      if (due !== undefined && this.#mayFire(timer, due)) {
        try {
          await timer.fire([due], context.now(), context);
        } catch (error) {
          if (!mayPass(error)) await this.#park(timer, due, error);
          return 'parked-again';
        }
      }
      this.#aside.delete(asideKey(timer, row.document));
      await parked.release(row);
      onParked();
      return 'released';
    });
  }

  /** Leaves a parked timer out, for the instant at which it fell due. */
  async drop(id: string): Promise<ReplayOutcome> {
    const { parked, onParked } = this.#parts;
    await parked.reload();
    const row = parked.waiting.find((one) => one.id === id);
    if (row === undefined) return 'unknown';
    const isDropped = await parked.drop(row);
    onParked();
    return isDropped ? 'released' : 'parked-again';
  }

  async #fireAll(): Promise<void> {
    for (const timer of this.#parts.timers) {
      if (this.#stopping.signal.aborted) return;
      try {
        await this.#fire(timer);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#restUntil.set(timer, performance.now() + pauseMs);
        this.#parts.onFailure(timer.name, '', error);
      }
    }
    if (performance.now() < this.#tidyAt || this.#stopping.signal.aborted) return;
    this.#tidyAt = performance.now() + tidiedEveryMs;
    await this.#tidy().catch((error: unknown) => this.#parts.onFailure('parked timers', '', error));
  }

  async #fire(timer: Timer): Promise<void> {
    const { context, projecting, recording } = this.#parts;
    const { signal } = this.#stopping;
    const asOf = context.now();
    const lookedAt = performance.now();
    if (lookedAt < (this.#restUntil.get(timer) ?? 0)) return;
    if ((await this.#due(timer, asOf, 1)).length === 0) {
      this.#restUntil.set(timer, performance.now() + (performance.now() - lookedAt) * restsForLooks);
      return;
    }
    const head = await context.store.head();
    if (head !== null) await projecting.reached(head, signal);
    if (head !== null && timer.records === true) await recording.reached(head, signal);
    await this.#fireTogether(timer, await this.#due(timer, asOf, firedAtOnce), asOf);
    const after = await context.store.head();
    if (after !== null) await projecting.reached(after, signal);
  }

  /**
   * All in one go; if that fails one by one, to set aside those that do.
   * @throws what may pass and befalls several: it is no fault of theirs
   */
  async #fireTogether(timer: Timer, due: readonly Document[], asOf: number): Promise<void> {
    try {
      await timer.fire(due, asOf, this.#parts.context);
      for (const document of due) this.#putAside(timer, document, firedAgainMs, 0);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const [only, ...others] = due;
      if (only === undefined) return;
      if (others.length === 0) return this.#failed(timer, only, error);
      let unavailable = 0;
      for (const document of due) {
        try {
          await this.#fireTogether(timer, [document], asOf);
          unavailable = 0;
        } catch (passing) {
          if (++unavailable === mostUnavailable) throw passing;
        }
      }
    }
  }

  #failuresOf(timer: Timer, document: Document): number {
    const aside = this.#aside.get(asideKey(timer, document._id));
    return aside?.dueAt === dueAt(timer, document) ? aside.failures : 0;
  }

  /** @throws what may pass: it does not count, as it may be no fault of this one */
  async #failed(timer: Timer, document: Document, error: unknown): Promise<void> {
    const { retriesAfterMs = usualRetriesAfterMs, onFailure } = this.#parts;
    if (mayPass(error)) {
      this.#putAside(timer, document, retriesAfterMs[0] ?? 0, this.#failuresOf(timer, document));
      throw error;
    }
    const failures = this.#failuresOf(timer, document) + 1;
    const againAfterMs = retriesAfterMs[failures - 1];
    onFailure(timer.name, document._id, error);
    if (againAfterMs === undefined) await this.#park(timer, document, error);
    else this.#putAside(timer, document, againAfterMs, failures);
  }

  async #park(timer: Timer, document: Document, error: unknown): Promise<void> {
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

  /** Releases those whose documents have moved. */
  async #tidy(): Promise<void> {
    const { parked, onParked } = this.#parts;
    for (const row of parked.all) {
      const timer = this.#timerOf(row);
      if (timer === undefined || (await this.#documentOf(timer, row)) !== undefined) continue;
      await parked.release(row);
      onParked();
    }
  }

  #timerOf(row: ParkedTimer | undefined): Timer | undefined {
    return this.#parts.timers.find(({ name }) => name === row?.timer);
  }

  /** What a row is about, if it is still due at that instant. */
  async #documentOf(timer: Timer, row: ParkedTimer): Promise<Document | undefined> {
    const document = (await this.#parts.context.views.get(timer.collection, row.document))?.document;
    return document !== undefined && dueAt(timer, document) === row.dueAt ? document : undefined;
  }

  #putAside(timer: Timer, document: Document, forMs: number, failures: number): void {
    const until = performance.now() + forMs;
    this.#aside.set(asideKey(timer, document._id), { dueAt: dueAt(timer, document), failures, until });
  }

  /** Whoever falls due at another instant than before has moved. */
  #isAside(timer: Timer, document: Document): boolean {
    const instant = dueAt(timer, document);
    const aside = this.#aside.get(asideKey(timer, document._id));
    if (aside !== undefined && aside.dueAt === instant && performance.now() < aside.until) return true;
    return this.#parts.parked.has(timer.name, document._id, instant);
  }

  #mayFire(timer: Timer, document: Document): boolean {
    return this.#parts.owns(timer.key(document)) && timer.waits?.(document) !== true;
  }

  async #due(timer: Timer, asOf: number, limit: number): Promise<readonly Document[]> {
    const isDue: Filter = { [timer.field]: { $lte: asOf } };
    const filter = timer.filter === undefined ? isDue : { $and: [isDue, timer.filter] };
    const sort = [{ field: timer.field, direction: 1 as const }];
    const due: Document[] = [];
    for await (const page of this.#parts.context.views.stream(timer.collection, { filter, sort })) {
      for (const document of page) {
        if (this.#isAside(timer, document) || !this.#mayFire(timer, document)) continue;
        due.push(document);
        if (due.length === limit) return due;
      }
    }
    return due;
  }
}

/** When a document falls due, ms since 1970 UTC. */
function dueAt({ field }: Timer, document: Document): number {
  return Number(field.split('.').reduce<unknown>((value, name) => Object(value)[name], document));
}

function asideKey(timer: Timer, id: string): string {
  return `${timer.name}/${id}`;
}
