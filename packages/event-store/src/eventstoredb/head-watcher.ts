import { type AllStreamSubscription, END, streamNameFilter } from '@eventstore/db-client';
import type { Connection } from './connection.ts';
import { STREAM_PATTERN } from './event-format.ts';
import { Backoff } from './failures.ts';

/** Whoever waits looks again after this time, should a subscription be dead without telling. */
const LOOK_AGAIN_MS = 1_000;

const FILTER = streamNameFilter({ regex: STREAM_PATTERN });

/**
 * Tells that the log may have got longer. It subscribes to the log's end only to be woken: what there is, is read. It
 * subscribes when somebody waits for the first time, and again whenever the subscription ends.
 */
export class HeadWatcher {
  readonly #connection: Connection;
  #watching: Promise<void> | undefined;
  #changes = 0;
  #waiting = new Set<() => void>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** How often the log may have got longer so far. To be taken before the log is read. */
  get changes(): number {
    return this.#changes;
  }

  /** Resolves when there are more changes than `seen`, after a time anyway, or when the signal aborts. */
  async changed(seen: number, signal: AbortSignal): Promise<void> {
    this.#watching ??= this.#watch();
    if (this.#changes !== seen || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, LOOK_AGAIN_MS);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  /** Resolves when it watches no more, which it does until the connection is closed. */
  async closed(): Promise<void> {
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { closing } = this.#connection;
    const backoff = new Backoff();
    while (!closing.aborted) {
      await this.#subscribe(() => {
        backoff.reset();
        this.#change();
      });
      await backoff.pause(closing);
    }
  }

  /** Resolves when the subscription has ended, for whatever reason. */
  async #subscribe(onChange: () => void): Promise<void> {
    const [subscription, givenUp] = this.#connection.subscribe((client) =>
      client.subscribeToAll({ fromPosition: END, filter: FILTER, requiresLeader: true }),
    );
    await new Promise<void>((resolve) => {
      const end = (): void => {
        givenUp.removeEventListener('abort', end);
        unsubscribe(subscription);
        resolve();
      };
      // Once confirmed, too: what came before it was not told.
      subscription.on('confirmation', onChange).on('data', onChange);
      // It is tried again, and whoever waits reads, and so learns of a server that does not answer.
      subscription.on('error', end).on('end', end).on('close', end);
      givenUp.addEventListener('abort', end);
      if (givenUp.aborted) end();
    });
  }

  #change(): void {
    this.#changes++;
    for (const wake of this.#waiting) wake();
  }
}

const unsubscribe = (subscription: AllStreamSubscription): void => {
  // It may never have begun.
  subscription.unsubscribe().catch(() => undefined);
};
