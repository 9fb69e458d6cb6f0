import type { ReplayOutcome, Subscription } from '@tenure/event-bus';
import type { Document, Filter } from '@tenure/read-store';
import { mayPass } from '../engines/until-available.ts';
import { FailingTimers, type FailingTimersParts } from './failing-timers.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { Timer } from './types.ts';

interface Parts extends FailingTimersParts {
  /** Whose position the documents have. */
  readonly projecting: Pick<Subscription, 'reached'>;
  readonly recording: Pick<Subscription, 'reached'>;
  /** Whether this process is given the events of a key: it owns the key's timers. */
  readonly owns: (key: string) => boolean;
  /** How often the documents are looked at, in real time. */
  readonly everyMs: number;
}

/** Documents of one timer fired in one go; then it is the turn of the next timer. */
const firedAtOnce = 500;
/** As many in a row that fail for what may pass are taken to fail for what is outside. */
const mostUnavailable = 2;
/** Real time until a timer is looked at again after a round that failed. */
const pauseMs = 500;
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
  readonly #failing: FailingTimers;
  readonly #stopping = new AbortController();
  readonly #restUntil = new Map<Timer, number>();
  readonly #turns = new OneAtATime();
  #next: NodeJS.Timeout | undefined;
  #tidyAt = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#failing = new FailingTimers(parts);
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
      if (this.#stopping.signal.aborted) return 'parked-again';
      const found = await this.#failing.find(id);
      if (found === undefined) return 'unknown';
      const { timer, document } = found;
      if (document !== undefined && this.#mayFire(timer, document)) {
        const { context } = this.#parts;
        try {
          await timer.fire([document], context.now(), context);
        } catch (error) {
          if (!mayPass(error)) await this.#failing.park(timer, document, error);
          return 'parked-again';
        }
      }
      await this.#failing.release(found);
      return 'released';
    });
  }

  /** Leaves a parked timer out, for the instant at which it fell due. */
  drop(id: string): Promise<ReplayOutcome> {
    return this.#failing.drop(id);
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
    await this.#failing.tidy().catch((error: unknown) => this.#parts.onFailure('parked timers', '', error));
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
      this.#failing.fired(timer, due);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const [only, ...others] = due;
      if (only === undefined) return;
      if (others.length === 0) return this.#failing.failed(timer, only, error);
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
        if (this.#failing.has(timer, document) || !this.#mayFire(timer, document)) continue;
        due.push(document);
        if (due.length === limit) return due;
      }
    }
    return due;
  }
}
