import type { Subscription } from '@tenure/event-bus';
import type { Document, Filter } from '@tenure/read-store';
import { LRUCache } from 'lru-cache';
import type { Timer, ViewsContext } from './types.ts';

interface Parts {
  readonly timers: readonly Timer[];
  readonly context: ViewsContext;
  /** Whose position the documents have. */
  readonly projecting: Subscription;
  readonly recording: Subscription;
  readonly onFailure: (timer: string, id: string, error: unknown) => void;
  /** How often the documents are looked at, in real time. */
  readonly everyMs: number;
}

/** Documents of one timer fired in one go; then it is the turn of the next timer. */
const firedAtOnce = 500;
/** Real time until a timer that failed is tried again. */
const setAsideMs = 60_000;
/** The same for one that was fired and is still due: its customer may be parked, or somebody else about to move it. */
const firedAgainMs = 5_000;
/** Over all timers; beyond it those that were set aside longest ago are tried again sooner. */
const setAsideAtMost = 100_000;

/**
 * Fires what falls due. Once a moment has come it takes the head of the log and waits until the documents have reached
 * it, so nothing fires that a fact before that moment has moved. One that fails, or that nothing comes of, is set aside and
 * starves no other.
 */
export class Scheduler {
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  /** The instants that were due, in ms. */
  readonly #setAside = new LRUCache<string, number>({ max: setAsideAtMost, ttl: setAsideMs });
  #round: Promise<void> = Promise.resolve();
  #next: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    this.#next = setTimeout(() => {
      this.#round = this.#fireAll().finally(() => {
        if (!this.#stopping.signal.aborted) this.start();
      });
    }, this.#parts.everyMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#next);
    await this.#round;
  }

  async #fireAll(): Promise<void> {
    for (const timer of this.#parts.timers) {
      if (this.#stopping.signal.aborted) return;
      try {
        await this.#fire(timer);
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.#parts.onFailure(timer.name, '', error);
      }
    }
  }

  async #fire(timer: Timer): Promise<void> {
    const { context, projecting, recording } = this.#parts;
    const { signal } = this.#stopping;
    const asOf = context.now();
    if ((await this.#due(timer, asOf, 1)).length === 0) return;
    const head = await context.store.head();
    if (head !== null) await projecting.reached(head, signal);
    if (head !== null && timer.records === true) await recording.reached(head, signal);
    await this.#fireTogether(timer, await this.#due(timer, asOf, firedAtOnce), asOf);
    const after = await context.store.head();
    if (after !== null) await projecting.reached(after, signal);
  }

  /** All in one go; if that fails one by one, to set aside those that do. */
  async #fireTogether(timer: Timer, due: readonly Document[], asOf: number): Promise<void> {
    const { context, onFailure } = this.#parts;
    try {
      await timer.fire(due, asOf, context);
      for (const document of due) this.#putAside(timer, document, firedAgainMs);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const [only, ...others] = due;
      if (only === undefined) return;
      if (others.length === 0) {
        this.#putAside(timer, only, setAsideMs);
        onFailure(timer.name, only._id, error);
        return;
      }
      for (const document of due) await this.#fireTogether(timer, [document], asOf);
    }
  }

  #putAside(timer: Timer, document: Document, ttl: number): void {
    this.#setAside.set(setAsideKey(timer, document._id), dueAt(timer, document), { ttl });
  }

  /** Whoever falls due at another instant than before has moved. */
  #isAside(timer: Timer, document: Document): boolean {
    return this.#setAside.get(setAsideKey(timer, document._id)) === dueAt(timer, document);
  }

  async #due(timer: Timer, asOf: number, limit: number): Promise<readonly Document[]> {
    const isDue: Filter = { [timer.field]: { $lte: asOf } };
    const filter = timer.filter === undefined ? isDue : { $and: [isDue, timer.filter] };
    const sort = [{ field: timer.field, direction: 1 as const }];
    const due: Document[] = [];
    for await (const page of this.#parts.context.views.stream(timer.collection, { filter, sort })) {
      for (const document of page) {
        if (this.#isAside(timer, document) || timer.waits?.(document) === true) continue;
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

function setAsideKey(timer: Timer, id: string): string {
  return `${timer.name}/${id}`;
}
