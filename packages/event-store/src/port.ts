import type { KeyOwner } from '@tenure/key-store';

/**
 * A place in one store's log. Opaque outside the adapter; all positions of one store have equal length and order by
 * bytes, so they compare as plain strings.
 */
export type Position = string;

/** Everything about an event but its payload. */
export interface EventMetadata {
  /** Who asked for it: the id of an API key, or a service's name. */
  readonly actor: string;
  /** The service that wrote it. */
  readonly service: string;
  /** Id of the command that led to the event; a retried command is recognised by it. */
  readonly commandId: string;
  /** Id of the event, or of the request, that caused the command. */
  readonly causationId: string;
  /** Shared by all that one request led to. */
  readonly correlationId: string;
  /** W3C trace context of the request, when it was traced. */
  readonly traceparent?: string;
  /** The import session the event came with. */
  readonly session?: string;
}

/** An event to append. */
export interface NewEvent {
  /** 32 lower-case hex digits, derived from the command's id and the event's index (see `eventId`). */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** Whose history it belongs to; null for what belongs to no customer. */
  readonly customerId: string | null;
  /** When it happened in the world, ms since 1970 UTC. */
  readonly occurredAt: number;
  readonly data: object;
  /** Personal data, sealed by the store with the key of the customer (else of the stream); absent if there is none. */
  readonly personal?: object;
  readonly metadata: EventMetadata;
}

/** An event as the log holds it. `data` and `personal` are parsed; `personal` is undefined if there is none. */
export interface StoredEvent extends NewEvent {
  readonly position: Position;
  readonly stream: string;
  /** From 0, without gaps within a stream. */
  readonly revision: number;
  /** When the log took it, ms since 1970 UTC; never goes back on one log. */
  readonly recordedAt: number;
  /** True when the key of its personal data has been destroyed. */
  readonly erased?: boolean;
}

/** An event as it may leave the store: its personal data sealed, for whoever has the keys. */
export interface SealedEvent extends Omit<StoredEvent, 'personal' | 'erased'> {
  /** The envelope; absent if there is no personal data. */
  readonly sealed?: Uint8Array;
}

/**
 * What the stream must look like for the append to happen: its last revision, `'absent'` (no stream yet), or
 * `'absent-or-skip'` (append if there is no stream yet, else leave it as it is, which is no conflict).
 */
export type ExpectedRevision = number | 'absent' | 'absent-or-skip';

export interface StreamAppend {
  /** `category-hash`: letters and hyphens, then 32 hex digits. */
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

/**
 * Appends that belong together, in order. It stops at the first conflict; an adapter whose engine can makes a unit all
 * or nothing, others make what came before the conflict stay, so order a unit such that this does no harm.
 */
export type AppendUnit = readonly StreamAppend[];

export type AppendOutcome =
  /** `position` is that of the unit's last event; that of the log's head if all was skipped. */
  | { readonly status: 'appended'; readonly position: Position; readonly recordedAt: number }
  /** Some stream is not as expected. `actual` is its last revision, -1 if there is none. */
  | { readonly status: 'conflict'; readonly stream: string; readonly actual: number };

/** Identifies a log and its life: a restored or migrated log has another epoch. */
export interface LogIdentity {
  readonly logId: string;
  readonly epoch: number;
}

/** Where the reader of a log stands; names log, epoch and the id of the event there, so another log is noticed. */
export interface Checkpoint extends LogIdentity {
  readonly position: Position;
  /** Id of the event at `position`; null at the beginning. */
  readonly eventId: string | null;
}

export interface ReadAllOptions {
  /** Exclusive. Absent: from the beginning. */
  readonly after?: Position;
  readonly limit: number;
}

export interface ReadStreamOptions {
  /** Inclusive. Absent: from the first (forwards) or the last (backwards). */
  readonly from?: number;
  readonly limit?: number;
  readonly direction?: 'forwards' | 'backwards';
}

export interface ReadCustomerOptions {
  /** Exclusive. Absent: from the beginning. */
  readonly after?: Position;
  readonly limit?: number;
}

export interface ReadRelatedOptions {
  readonly limit: number;
  /** Gives the read up; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * The log: the only truth. All reads see every append that was answered before them. Reads reject with
 * InvalidPositionError for a position that is none of this kind of store's, and with SealBrokenError for personal data
 * that was altered.
 */
export interface EventStore {
  readonly identity: LogIdentity;

  /**
   * Appends many units in one call, each with its own outcome, in order. Durable when it resolves.
   * An append whose events are in their places already, by their ids, is a retry and answers as the first time.
   * @throws {StoreUnavailableError} when the result is unknown or nothing was written; trying again is safe
   * @throws {EventTooLargeError} for an event above 512 KiB; nothing was written
   * @throws {InvalidAppendError} for what no store takes, such as a malformed id; nothing was written
   */
  append(units: readonly AppendUnit[]): Promise<readonly AppendOutcome[]>;

  readStream(stream: string, options?: ReadStreamOptions): Promise<readonly StoredEvent[]>;

  /** Events in log order. Fewer than `limit` means the end of the log was reached. */
  readAll(options: ReadAllOptions): Promise<readonly StoredEvent[]>;

  /** What `readAll` reads, without opening what is sealed. */
  readAllSealed(options: ReadAllOptions): Promise<readonly SealedEvent[]>;

  /** One customer's events over all streams, in log order. */
  readCustomer(customerId: string, options?: ReadCustomerOptions): Promise<readonly StoredEvent[]>;

  /**
   * All that one request led to, of all customers and of none, in log order. May have to look through the whole log: for
   * somebody who asks, not for what has to be quick.
   */
  readCorrelation(correlationId: string, options: ReadRelatedOptions): Promise<readonly StoredEvent[]>;

  /** The same for a trace, by its id of 32 hex digits: the events whose `traceparent` names it. */
  readTrace(traceId: string, options: ReadRelatedOptions): Promise<readonly StoredEvent[]>;

  /** Position of the last event; null on an empty log. */
  head(): Promise<Position | null>;

  /** The checkpoint that stands at `position` (null: the beginning). Undefined if the log has no such position. */
  checkpointAt(position: Position | null): Promise<Checkpoint | undefined>;

  /** Whether the checkpoint was taken on this log, in this epoch, and its event is still there. */
  recognises(checkpoint: Checkpoint): Promise<boolean>;

  /**
   * Pages of events after a position, then as they come, until the signal aborts or the store is closed, which end it.
   * The next page is read only when the last was consumed.
   * @throws {StoreUnavailableError} from the iteration when no more events can come
   */
  subscribe(options: {
    after?: Position;
    pageSize?: number;
    signal: AbortSignal;
  }): AsyncIterable<readonly StoredEvent[]>;

  close(): Promise<void>;
}

export type { KeyOwner };
