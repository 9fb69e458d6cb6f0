import type { Checkpoint, Position, StoredEvent } from '@tenure/event-store';

/**
 * What a consumer's handler got: events in log order, each key's (customer's, else stream's) events never ahead of an
 * earlier one of the same key that it has not had yet. Delivered at least once.
 */
export interface Delivery {
  readonly events: readonly StoredEvent[];
  /** Where the consumer stands once the delivery is handled; store it with what was applied. */
  readonly checkpoint: Checkpoint;
}

/**
 * A consumer of the log. It throws `PoisonError` for what will fail again however often it is tried: that key is
 * parked from that event on and all others go on. Any other error pauses the consumer and is tried again.
 */
export interface Consumer {
  readonly name: string;
  /** Where it stands; undefined: at the beginning. Called once at start, and after every failure. */
  checkpoint(): Promise<Checkpoint | undefined>;
  /** Applies a delivery and stores its checkpoint, durably, before it resolves. */
  handle(delivery: Delivery): Promise<void>;
}

/** An error that will come again however often the event is tried. Names the key to park. */
export class PoisonError extends Error {
  readonly code = 'poison';
  readonly event: StoredEvent;
  constructor(event: StoredEvent, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
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
  readonly parkedAt: number;
}

/** Durable rows of what is parked. */
export interface ParkingLot {
  list(consumer?: string): Promise<readonly Park[]>;
  get(id: string): Promise<Park | undefined>;
  park(park: Park): Promise<void>;
  release(id: string): Promise<void>;
}

export interface Subscription {
  /** The last position handled; null at the beginning. */
  readonly position: Position | null;
  /** Resolves once all up to `position` has been handled; rejects when the signal aborts. */
  reached(position: Position, signal?: AbortSignal): Promise<void>;
  /** Delivers what a parked key missed, in order, then releases it; it stays parked if that fails again. */
  replay(parkId: string): Promise<'replayed' | 'parked-again' | 'unknown'>;
  /** Releases a parked key and skips the event that failed; what follows it is delivered. */
  drop(parkId: string): Promise<'dropped' | 'parked-again' | 'unknown'>;
  /** Why it does not move, if it does not. */
  readonly failure: Error | undefined;
  stop(): Promise<void>;
}

export interface EventBus {
  subscribe(consumer: Consumer): Promise<Subscription>;
  close(): Promise<void>;
}
