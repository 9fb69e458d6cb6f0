import type { Checkpoint, Position, StoredEvent } from '@tenure/event-store';

/**
 * What a consumer gets of one partition: events in log order; each key's (customer's, else stream's) events never ahead
 * of an earlier one of the same key that it has not had yet. Delivered at least once. What belongs to no customer comes
 * in every partition.
 */
export interface Delivery {
  /** From 0. A bus within one process has one partition. */
  readonly partition: number;
  readonly events: readonly StoredEvent[];
  /** Where the consumer stands in the partition once the delivery is handled; to be stored with what was applied. */
  readonly checkpoint: Checkpoint;
}

/**
 * A consumer of the log. It throws `PoisonError` for what will fail again however often it is tried: that key is parked
 * from that event on and all others go on. Any other error pauses the consumer, and it is tried again.
 */
export interface Consumer {
  readonly name: string;
  /** Where it stands in a partition; undefined: at the beginning. Asked when it is assigned and after every failure. */
  checkpoint(partition: number): Promise<Checkpoint | undefined>;
  /** Applies a delivery and stores its checkpoint, durably, before it resolves. */
  handle(delivery: Delivery): Promise<void>;
  /** Other partitions than before are delivered from now on: what is remembered of customers may be stale. */
  reassigned?(): Promise<void>;
}

/** What is known of an event that fails. */
export type PoisonedEvent = Pick<StoredEvent, 'id' | 'type' | 'position' | 'customerId' | 'stream'>;

/** An error that will come again however often the event is tried. Names the event that fails. */
export class PoisonError extends Error {
  readonly code = 'poison';
  readonly event: PoisonedEvent;
  constructor(event: PoisonedEvent, options: { readonly cause: unknown }) {
    const { cause } = options;
    super(cause instanceof Error ? cause.message : String(cause), options);
    this.name = 'PoisonError';
    this.event = event;
  }
}

/** A key set aside for one consumer. Its events from `position` on wait in the log. */
export interface Park {
  readonly id: string;
  readonly consumer: string;
  /** The customer's id, else the stream's name. */
  readonly key: string;
  readonly position: Position;
  readonly eventId: string;
  readonly eventType: string;
  readonly reason: string;
  /** ms since 1970 UTC. */
  readonly parkedAt: number;
  /** The partition it was set aside in, for a key that comes in every partition; absent where the key tells it. */
  readonly partition?: number;
  /** Somebody wants it replayed or dropped; whoever has its partition does so, and the row goes or loses this. */
  readonly request?: 'replay' | 'drop';
}

/** Durable rows of what is parked. */
export interface ParkingLot {
  list(): Promise<readonly Park[]>;
  park(park: Park): Promise<void>;
  release(id: string): Promise<void>;
}

export type ReplayOutcome = 'released' | 'parked-again' | 'unknown';

export interface Subscription {
  /** All up to here has been handled, in every partition and by whichever process; null at the beginning. */
  readonly position: Position | null;
  /** Why it does not move, if it does not. */
  readonly failure: Error | undefined;
  /** Resolves once all up to `position` has been handled; rejects when the signal aborts. */
  reached(position: Position, signal: AbortSignal): Promise<void>;
  /** Delivers what a parked key missed, in order, then releases it; it stays parked if that fails again. */
  replay(parkId: string): Promise<ReplayOutcome>;
  /** The same, but the event that failed is skipped for good. */
  drop(parkId: string): Promise<ReplayOutcome>;
  /** Ends after the delivery under way. */
  stop(): Promise<void>;
}

export interface EventBus {
  /**
   * Whether all events of a key (a customer's id, else a stream's name) are delivered to this process now. What it
   * remembers of other keys goes stale.
   */
  follows(key: string): boolean;
  subscribe(consumer: Consumer): Promise<Subscription>;
  close(): Promise<void>;
}
