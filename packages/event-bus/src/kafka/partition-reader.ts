import { setImmediate } from 'node:timers/promises';
import {
  type Checkpoint,
  type EventStore,
  type LogIdentity,
  openSealed,
  type Position,
  type SealedEvent,
  type StoredEvent,
} from '@tenure/event-store';
import type { SharedKeyStore } from '@tenure/key-store';
import type { KafkaMessage } from 'kafkajs';
import { type Consumer, type Park, type ParkingLot, PoisonError, type ReplayOutcome } from '../port.ts';
import { Backoff } from '../subscription/backoff.ts';
import type { Turns } from '../subscription/turns.ts';
import { Bell } from './bell.ts';
import type { DeadLetters } from './dead-letters.ts';
import { LogBehindTopicError, OtherLogError } from './errors.ts';
import type { HandledOffset } from './group-member.ts';
import { type BusMessage, decodeMessage } from './message.ts';
import { parkOf } from './parked-keys.ts';
import { comesIn, keyOf } from './partition-of.ts';

export interface PartitionReaderParts {
  readonly partition: number;
  readonly partitions: number;
  readonly consumer: Consumer;
  readonly store: EventStore;
  readonly keys: Pick<SharedKeyStore, 'findMany'>;
  readonly parkingLot: ParkingLot;
  readonly deadLetters: DeadLetters;
  /** ms since 1970 UTC. */
  readonly now: () => number;
  /** Of all partitions of the consumer: one delivery at a time. */
  readonly turns: Turns;
  readonly checkpoint: Checkpoint | undefined;
  readonly parks: readonly Park[];
  /** Events a delivery holds at most. */
  readonly pageSize: number;
  readonly retryMs: number;
  /** A partition of which nothing comes for that long at first is read from the store. */
  readonly idleMs: number;
  /** What only watermarks moved is stored after that time. */
  readonly storeMs: number;
  /** It stands elsewhere than before. */
  readonly onMove: () => void;
}

interface Item {
  readonly message: BusMessage;
  /** Of the message after it. */
  readonly nextOffset: string;
}

/** What happened in a turn. */
type Step = 'moved' | 'nothing to do';

/**
 * One partition's way to one consumer, for as long as it is this process's: skips what the consumer has, notices what
 * the topic does not hold any more and reads it from the store, delivers, retries, parks.
 */
export class PartitionReader {
  readonly #parts: PartitionReaderParts;
  readonly #parked: Map<string, Park>;
  readonly #bell = new Bell();
  readonly #withdrawing = new AbortController();
  readonly #startedAt = performance.now();
  /** Where it stands; what the consumer stored may be behind, by events of other partitions only. */
  #checkpoint: Checkpoint | undefined;
  #stored: Checkpoint | undefined;
  #storedAt = 0;
  #failure: Error | undefined;
  #messages: readonly KafkaMessage[] = [];
  /** Messages of the batch that were decoded. */
  #decoded = 0;
  /** Messages not dealt with yet, in order. */
  #items: Item[] = [];
  #hasHeard = false;
  #room: (() => void) | undefined;
  #handledOffset: string | undefined;
  #committable: HandledOffset | undefined;
  readonly ended: Promise<void>;

  constructor(parts: PartitionReaderParts) {
    this.#parts = parts;
    this.#checkpoint = parts.checkpoint;
    this.#stored = parts.checkpoint;
    this.#parked = new Map(parts.parks.map((park) => [park.key, park]));
    this.ended = this.#run();
  }

  /** Where it stands; while it fails, what the consumer has stored. */
  get checkpoint(): Checkpoint | undefined {
    return this.#failure === undefined ? this.#checkpoint : this.#stored;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get parks(): readonly Park[] {
    return [...this.#parked.values()];
  }

  /** How far the group may say it has come, if that is further than when it was asked last. */
  takeCommittable(): HandledOffset | undefined {
    const offset = this.#committable;
    this.#committable = undefined;
    return offset;
  }

  /** Takes the next messages; only to be given when those before were asked to be followed. Resolves when more may come. */
  offer(messages: readonly KafkaMessage[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#room = resolve;
    this.#messages = messages;
    this.#decoded = 0;
    this.#hasHeard = true;
    this.#bell.ring();
    return promise;
  }

  /** Begins no more deliveries. */
  withdraw(): void {
    this.#withdrawing.abort();
    this.#bell.ring();
    this.#room?.();
  }

  /** Delivers what a parked key missed, in order, then releases it; without the event that failed, if it is dropped. */
  release(park: Park, request: 'replay' | 'drop'): Promise<ReplayOutcome> {
    return this.#parts.turns.take(() => this.#release(park, request));
  }

  async #run(): Promise<void> {
    const { retryMs, turns, consumer, partition } = this.#parts;
    const { signal } = this.#withdrawing;
    const backoff = new Backoff(retryMs);
    while (!signal.aborted) {
      try {
        const step = await turns.take(() => this.#step());
        this.#failure = undefined;
        backoff.reset();
        // Whatever is done here may never wait for anything: others are to have their turn.
        if (step === 'moved') await setImmediate();
        else await this.#bell.wait(this.#untilDue());
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        this.#parts.onMove();
        await backoff.pause(signal);
        // What cannot be read stays as it was: delivered again, events change nothing.
        const stored = await consumer.checkpoint(partition).catch(() => this.#stored);
        if (stored?.position !== this.#stored?.position) this.#checkpoint = stored;
        this.#stored = stored;
      }
    }
  }

  /** ms until there is something to do without a message. */
  #untilDue(): number | undefined {
    const now = performance.now();
    if (this.#checkpoint?.position !== this.#stored?.position) {
      return Math.max(1, this.#storedAt + this.#parts.storeMs - now);
    }
    return this.#hasHeard ? undefined : Math.max(1, this.#startedAt + this.#parts.idleMs - now);
  }

  async #step(): Promise<Step> {
    if (this.#withdrawing.signal.aborted) return 'nothing to do';
    this.#decode();
    if (this.#items.length > 0) {
      await this.#deliverItems();
      return 'moved';
    }
    const now = performance.now();
    if (!this.#hasHeard && now >= this.#startedAt + this.#parts.idleMs) {
      this.#hasHeard = await this.#readFromStore(undefined);
      return 'moved';
    }
    const isBehind = this.#checkpoint?.position !== this.#stored?.position;
    if (isBehind && now >= this.#storedAt + this.#parts.storeMs && this.#checkpoint !== undefined) {
      await this.#handle([], this.#checkpoint);
      return 'moved';
    }
    return 'nothing to do';
  }

  /** Decodes what the next delivery may hold, and lets more come when little is left. */
  #decode(): void {
    while (this.#items.length < this.#parts.pageSize) {
      const next = this.#messages[this.#decoded];
      if (next === undefined) break;
      const message = decodeMessage(next);
      assertOfLog(message.checkpoint, this.#parts.store.identity);
      this.#items.push({ message, nextOffset: String(BigInt(next.offset) + 1n) });
      this.#decoded += 1;
    }
    if (this.#decoded < this.#messages.length) return;
    this.#messages = [];
    this.#decoded = 0;
    this.#room?.();
    this.#room = undefined;
  }

  async #deliverItems(): Promise<void> {
    const events: SealedEvent[] = [];
    let reached = this.#checkpoint?.position ?? null;
    let checkpoint = this.#checkpoint;
    let count = 0;
    for (const { message } of this.#items) {
      const { position } = message.checkpoint;
      const isBehind = reached !== null && position <= reached;
      if (!isBehind) {
        if (message.after !== null && (reached === null || message.after > reached)) break;
        if (message.event !== undefined) events.push(message.event);
        checkpoint = message.checkpoint;
        reached = position;
      }
      count += 1;
    }
    const last = this.#items[count - 1];
    if (last === undefined) {
      const upTo = this.#items[0]?.message.after ?? undefined;
      await this.#readFromStore(upTo);
      return;
    }
    if (checkpoint !== undefined) await this.#deliver(events, checkpoint);
    this.#items.splice(0, count);
    this.#handledOffset = last.nextOffset;
    this.#noteOffset();
  }

  /**
   * Delivers a page of what comes after the checkpoint in the store: up to a position that the topic goes on from, or
   * to the end of the log. Whether that was all.
   */
  async #readFromStore(upTo: Position | undefined): Promise<boolean> {
    const { store, partition, partitions, pageSize } = this.#parts;
    const after = this.#checkpoint?.position;
    const page = await store.readAllSealed({ ...(after === undefined ? {} : { after }), limit: pageSize });
    const taken = upTo === undefined ? page : page.filter(({ position }) => position <= upTo);
    const last = taken.at(-1);
    if (last === undefined) {
      if (upTo !== undefined) throw new LogBehindTopicError(partition, upTo, after ?? null);
      return true;
    }
    const { logId, epoch } = store.identity;
    const own = taken.filter((event) => comesIn(event, partition, partitions));
    await this.#deliver(own, { logId, epoch, position: last.position, eventId: last.id });
    return page.length < pageSize;
  }

  /** Delivers what is not parked; what turns out poisonous is set aside and the rest delivered again. */
  async #deliver(events: readonly SealedEvent[], checkpoint: Checkpoint): Promise<void> {
    for (;;) {
      const rest = this.#parked.size === 0 ? events : events.filter((event) => !this.#parked.has(keyOf(event)));
      if (rest.length === 0) {
        this.#moveTo(checkpoint);
        return;
      }
      try {
        await this.#handle(await openSealed(rest, this.#parts.keys), checkpoint);
        return;
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error;
        await this.#park(error, rest);
      }
    }
  }

  async #handle(events: readonly StoredEvent[], checkpoint: Checkpoint): Promise<void> {
    const { consumer, partition } = this.#parts;
    await consumer.handle({ partition, events, checkpoint });
    this.#stored = checkpoint;
    this.#storedAt = performance.now();
    this.#moveTo(checkpoint);
    this.#noteOffset();
  }

  #moveTo(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#failure = undefined;
    this.#parts.onMove();
  }

  /** An offset may be committed once the consumer has stored all that came before it. */
  #noteOffset(): void {
    const position = this.#stored?.position;
    if (position === undefined || position !== this.#checkpoint?.position || this.#handledOffset === undefined) return;
    this.#committable = { partition: this.#parts.partition, offset: this.#handledOffset, metadata: position };
  }

  async #park(error: PoisonError, events: readonly SealedEvent[]): Promise<void> {
    const { consumer, partition, parkingLot, deadLetters, now, store } = this.#parts;
    const park = parkOf(error, { consumer: consumer.name, partition, parkedAt: now() });
    const event = events.find(({ id }) => id === error.event.id);
    if (event !== undefined) await deadLetters.send(event, store.identity, consumer.name, park.id);
    await parkingLot.park(park);
    this.#parked.set(park.key, park);
  }

  async #release(park: Park, request: 'replay' | 'drop'): Promise<ReplayOutcome> {
    const { partition, parkingLot } = this.#parts;
    if (this.#withdrawing.signal.aborted) throw new Error(`partition ${partition} is not this process's any more`);
    const checkpoint = this.#checkpoint;
    this.#parked.delete(park.key);
    try {
      // At the beginning, nothing was missed: it comes again.
      if (checkpoint !== undefined) {
        const missed = await this.#missedBy(park, checkpoint.position);
        await this.#handle(request === 'drop' ? missed.filter(({ id }) => id !== park.eventId) : missed, checkpoint);
      }
    } catch (error) {
      this.#parked.set(park.key, park);
      if (!(error instanceof PoisonError)) throw error;
      await this.#park(error, []);
      return 'parked-again';
    }
    try {
      await parkingLot.release(park.id);
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
}

function assertOfLog(found: LogIdentity, own: LogIdentity): void {
  if (found.logId !== own.logId || found.epoch !== own.epoch) throw new OtherLogError('a message', found, own);
}
