import { setTimeout as delay } from 'node:timers/promises';
import { type LogPublisher, PublisherFencedError } from '@tenure/event-bus/kafka';
import type { Checkpoint, EventStore, Position, SealedEvent } from '@tenure/event-store';
import { UnrecognisedCheckpointError } from './errors.ts';

export interface RelayOptions {
  readonly store: EventStore;
  readonly publisher: LogPublisher;
  /** Told of what made it wait, and of what ended it. */
  readonly log: (level: 'error' | 'warn', message: string, details: Readonly<Record<string, unknown>>) => void;
  /** Events of a transaction at most. */
  readonly pageSize?: number;
  /** First pause after a failure; doubles up to a hundred times that. */
  readonly retryMs?: number;
  /** Partitions that got nothing are told how far the log has come this long after the last event. */
  readonly watermarkMs?: number;
}

export interface Relay {
  /** All up to here is on the bus, as far as this relay knows; null at the beginning. */
  readonly position: Position | null;
  /** Why it does not move, or has ended, if so. */
  readonly failure: Error | undefined;
  /** Resolves when it has ended: stopped, or for a reason that time does not mend, which is its `failure`. */
  readonly ended: Promise<void>;
  /** Ends after the transaction under way. */
  stop(): Promise<void>;
}

/** What a page may hold in memory; two are held at a time. Pages of large events have fewer. */
const PAGE_BYTES = 16 * 1024 * 1024;
const SMALLEST_PAGE = 16;
/** Times that the end of the log is looked at again before it is waited at, and the pause between: waiting costs more. */
const LOOKS = 3;
const LOOK_MS = 5;

/**
 * Carries the log to the bus, in order and as sealed as it is, from where the last relay came to. It waits for a store
 * or a bus that is away. It ends, with a `failure`, when another relay has begun after it (PublisherFencedError), or
 * when the bus holds what is not from this log (UnrecognisedCheckpointError): what to do then is for people to say.
 */
export function startRelay(options: RelayOptions): Relay {
  return new RunningRelay(options);
}

class RunningRelay implements Relay {
  readonly #options: Required<RelayOptions>;
  readonly #stopping = new AbortController();
  readonly ended: Promise<void>;
  #position: Position | null = null;
  #failure: Error | undefined;
  #pageSize: number;

  constructor(options: RelayOptions) {
    this.#options = { pageSize: 1_000, retryMs: 50, watermarkMs: 200, ...options };
    this.#pageSize = this.#options.pageSize;
    this.ended = this.#run();
  }

  get position(): Position | null {
    return this.#position;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.ended;
  }

  async #run(): Promise<void> {
    const { publisher, log } = this.#options;
    try {
      await this.#retrying('the bus', async () => {
        const checkpoint = await publisher.begin();
        await this.#recognise(checkpoint);
        this.#position = checkpoint?.position ?? null;
        await this.#carry();
      });
    } catch (error) {
      this.#failure = asError(error);
      log('error', 'the relay has ended', { error });
    }
    await publisher.close();
  }

  async #recognise(checkpoint: Checkpoint | undefined): Promise<void> {
    if (checkpoint === undefined) return;
    const { store } = this.#options;
    const isKnown = await this.#retrying('the store', () => store.recognises(checkpoint));
    if (isKnown === false) throw new UnrecognisedCheckpointError(checkpoint, store.identity);
  }

  /** Publishes page after page, and reads the next meanwhile, until it is to stop. */
  async #carry(): Promise<void> {
    const { publisher, store } = this.#options;
    const { signal } = this.#stopping;
    let looks = 0;
    let page = this.#read(this.#position);
    while (!signal.aborted) {
      const events = await page;
      if (signal.aborted || events === undefined) return;
      const last = events.at(-1);
      if (last === undefined) {
        this.#failure = undefined;
        looks += 1;
        if (looks <= LOOKS) await this.#pause(LOOK_MS);
        else if (publisher.isBehind && !(await this.#untilMore(this.#options.watermarkMs))) await publisher.mark();
        else if (!publisher.isBehind) await this.#untilMore();
        page = this.#read(this.#position);
        continue;
      }
      looks = 0;
      const { logId, epoch } = store.identity;
      page = this.#read(last.position);
      // Whatever becomes of it is looked at once these are published.
      page.catch(() => undefined);
      await publisher.publish(events, { logId, epoch, position: last.position, eventId: last.id });
      this.#position = last.position;
      this.#failure = undefined;
    }
  }

  /** The next page; undefined when it is to stop. */
  #read(after: Position | null): Promise<readonly SealedEvent[] | undefined> {
    const limit = this.#pageSize;
    return this.#retrying('the store', async () => {
      const events = await this.#options.store.readAllSealed({ ...(after === null ? {} : { after }), limit });
      this.#pageSize = pageSizeAfter(events, this.#options.pageSize);
      return events;
    });
  }

  /** Waits for an event after the last one published, `withinMs` at most. Whether there seems to be one. */
  async #untilMore(withinMs?: number): Promise<boolean> {
    const after = this.#position;
    const { signal } = this.#stopping;
    const limit = withinMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    const options = { ...(after === null ? {} : { after }), pageSize: 1, signal: limit };
    try {
      for await (const events of this.#options.store.subscribe(options)) if (events.length > 0) return true;
    } catch {
      // It opens what is sealed, which may fail where reading it sealed does not. A store that is away says so then.
      await this.#pause(this.#options.retryMs);
      return true;
    }
    return false;
  }

  /** What `work` gives, however often it has to be tried; undefined when it is to stop. */
  async #retrying<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const { retryMs, log } = this.#options;
    let pause = retryMs;
    let position = this.#position;
    while (!this.#stopping.signal.aborted) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof PublisherFencedError || error instanceof UnrecognisedCheckpointError) throw error;
        this.#failure = asError(error);
        log('warn', `the relay waits for ${what}`, { error, pauseMs: pause });
        if (position !== this.#position) pause = retryMs;
        position = this.#position;
        await this.#pause(pause);
        pause = Math.min(pause * 2, retryMs * 100);
      }
    }
    return undefined;
  }

  async #pause(ms: number): Promise<void> {
    // It is cut short when the relay is to stop, which those who pause look at.
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

/** As many events as are wanted, or fewer where a page of the size of these would hold too much. */
function pageSizeAfter(events: readonly SealedEvent[], wanted: number): number {
  const sample = events.slice(-SMALLEST_PAGE);
  if (sample.length === 0) return wanted;
  const bytes = sample.reduce((sum, { data, sealed }) => sum + JSON.stringify(data).length + (sealed?.length ?? 0), 0);
  const mean = bytes / sample.length + 500;
  return Math.min(wanted, Math.max(SMALLEST_PAGE, Math.floor(PAGE_BYTES / mean)));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
