import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Checkpoint, EventStore, Position, StoredEvent } from '@tenure/event-store';
import {
  type Consumer,
  type Park,
  type ParkingLot,
  PoisonError,
  type PoisonedEvent,
  type ReplayOutcome,
  type Subscription,
} from '../port.ts';
import { Backoff } from '../subscription/backoff.ts';
import { pause } from '../subscription/pause.ts';
import { Turns } from '../subscription/turns.ts';
import { Waiting } from '../subscription/waiting.ts';
import type { PageCache } from './page-cache.ts';

interface Parts {
  readonly store: EventStore;
  readonly parkingLot: ParkingLot;
  readonly now: () => number;
  readonly pages: PageCache;
  readonly consumer: Consumer;
  readonly parks: readonly Park[];
  readonly retryMs: number;
  readonly gatherMs: number;
}

const onlyPartition = 0;

/** Events of one customer, else of one stream, stay in order and are parked together. */
const keyOf = (event: PoisonedEvent): string => event.customerId ?? event.stream;

/** One consumer's way along the log: deliver, retry, park, replay. */
export class EmbeddedSubscription implements Subscription {
  readonly #parts: Parts;
  readonly #parked: Map<string, Park>;
  readonly #stopping = new AbortController();
  readonly #waiting = new Waiting();
  #checkpoint: Checkpoint | undefined;
  #failure: Error | undefined;
  /** Deliveries and replays take turns, so that a released key joins where the consumer stands. */
  readonly #turns = new Turns();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#parked = new Map(parts.parks.map((park) => [park.key, park]));
  }

  get position(): Position | null {
    return this.#checkpoint?.position ?? null;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  async start(): Promise<void> {
    this.#checkpoint = await this.#parts.consumer.checkpoint(onlyPartition);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#turns.take(async () => undefined);
  }

  reached(position: Position, signal: AbortSignal): Promise<void> {
    if (this.position !== null && this.position >= position) return Promise.resolve();
    return this.#waiting.for(position, signal);
  }

  replay(parkId: string): Promise<ReplayOutcome> {
    return this.#turns.take(() => this.#release(parkId, false));
  }

  drop(parkId: string): Promise<ReplayOutcome> {
    return this.#turns.take(() => this.#release(parkId, true));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const backoff = new Backoff(this.#parts.retryMs);
    while (!signal.aborted) {
      try {
        const moved = await this.#turns.take(() => this.#deliverNext());
        this.#failure = undefined;
        backoff.reset();
        // Reading and handling may all be done without waiting for anything: without this, one consumer that is behind
        // would keep its thread from messages, timers and the other consumers until it has caught up.
        if (moved === 'to a full page') await setImmediate();
        else if (moved === 'to the end') await this.#gather(signal);
        else await this.#untilMore(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#failure = error instanceof Error ? error : new Error(String(error));
        await backoff.pause(signal);
        // What cannot be read stays as it was: delivered again, events change nothing.
        this.#checkpoint = await this.#parts.consumer.checkpoint(onlyPartition).catch(() => this.#checkpoint);
        // The delivery that failed may have been applied nevertheless, and nothing may come after it.
        if (this.position !== null) this.#waiting.reached(this.position);
      }
    }
  }

  /** A delivery costs the same whatever it holds, so what comes right after one is gathered for the next. */
  async #gather(signal: AbortSignal): Promise<void> {
    if (this.#parts.gatherMs === 0) await setImmediate();
    else await pause(this.#parts.gatherMs, signal);
  }

  /** Waits for an event after the checkpoint. */
  async #untilMore(signal: AbortSignal): Promise<void> {
    const after = this.position;
    const options = { ...(after === null ? {} : { after }), pageSize: 1, signal };
    for await (const events of this.#parts.store.subscribe(options)) if (events.length > 0) return;
  }

  async #deliverNext(): Promise<'to a full page' | 'to the end' | undefined> {
    const page = await this.#parts.pages.read(this.position);
    const last = page.at(-1);
    if (last === undefined) return undefined;
    const checkpoint = this.#checkpointOf(last);
    await this.#deliver(page, checkpoint, async (error) => {
      await this.#park(error);
    });
    this.#advance(checkpoint);
    return page.length < this.#parts.pages.size ? 'to the end' : 'to a full page';
  }

  /** Delivers what is not parked; what turns out poisonous is set aside and the rest delivered again. */
  async #deliver(
    page: readonly StoredEvent[],
    checkpoint: Checkpoint,
    onPoison: (error: PoisonError) => Promise<void>,
  ): Promise<void> {
    for (;;) {
      const events = this.#parked.size === 0 ? page : page.filter((event) => !this.#parked.has(keyOf(event)));
      try {
        await this.#parts.consumer.handle({ partition: onlyPartition, events, checkpoint });
        return;
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error;
        await onPoison(error);
      }
    }
  }

  async #park({ event, message }: PoisonError): Promise<void> {
    const { consumer, parkingLot, now } = this.#parts;
    const key = keyOf(event);
    const park: Park = {
      id: createHash('sha256').update(`${consumer.name}\n${key}`).digest('hex').slice(0, 32),
      consumer: consumer.name,
      key,
      position: event.position,
      eventId: event.id,
      eventType: event.type,
      reason: message,
      parkedAt: now(),
    };
    await parkingLot.park(park);
    this.#parked.set(key, park);
  }

  async #release(parkId: string, skipFirst: boolean): Promise<ReplayOutcome> {
    const park = [...this.#parked.values()].find((candidate) => candidate.id === parkId);
    const checkpoint = this.#checkpoint;
    if (park === undefined || checkpoint === undefined) return 'unknown';
    const missed = (await this.#missedBy(park, checkpoint.position)).slice(skipFirst ? 1 : 0);
    this.#parked.delete(park.key);
    try {
      await this.#parts.consumer.handle({ partition: onlyPartition, events: missed, checkpoint });
    } catch (error) {
      this.#parked.set(park.key, park);
      if (!(error instanceof PoisonError)) throw error;
      await this.#park(error);
      return 'parked-again';
    }
    try {
      await this.#parts.parkingLot.release(park.id);
    } catch (error) {
      // As its row says: what was delivered comes again with the next replay.
      this.#parked.set(park.key, park);
      throw error;
    }
    return 'released';
  }

  /** A parked key's events from the one that failed up to where the consumer stands. */
  async #missedBy(park: Park, upTo: Position): Promise<readonly StoredEvent[]> {
    const { store } = this.#parts;
    const isStream = park.key.includes('-');
    const events = isStream ? await store.readStream(park.key) : await store.readCustomer(park.key);
    return events.filter(({ position }) => position >= park.position && position <= upTo);
  }

  #checkpointOf(event: StoredEvent): Checkpoint {
    const { logId, epoch } = this.#parts.store.identity;
    return { logId, epoch, position: event.position, eventId: event.id };
  }

  #advance(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#waiting.reached(checkpoint.position);
  }
}
