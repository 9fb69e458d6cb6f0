import type { KeyTransfer } from '@tenure/key-store';
import type { EventStore, LogIdentity, SealedEvent } from './port.ts';

/** A log that moves away from here. No service runs on it meanwhile. */
export interface MigrationSource extends Pick<EventStore, 'identity' | 'readAllSealed' | 'close'> {
  readonly keys: KeyTransfer;
  /** How many events it has. */
  count(): Promise<number>;
}

/** A log that is filled from another one. No service runs on it, nor can one start before it is finished. */
export interface MigrationTarget extends Pick<EventStore, 'readAllSealed' | 'close'> {
  readonly keys: KeyTransfer;
  /** The log that is there; undefined if there is none. */
  readonly logId: string | undefined;
  /** The last one that services saw it in; 0 for none. */
  readonly epoch: number;
  /** False if a migration into it was cut off. */
  readonly isFinished: boolean;
  /** From now on it is unfinished: no service starts on it. Durable when it resolves. */
  begin(logId: string): Promise<void>;
  /**
   * Appends events as they are, behind those that are there and in this order, one of them never without those before
   * it. Durable when it resolves.
   * @throws {ForeignTargetError} when a stream does not end just before its event
   */
  append(events: readonly SealedEvent[]): Promise<void>;
  /** From now on it is a log with this identity, that services may use. Durable when it resolves. */
  finish(identity: LogIdentity): Promise<void>;
}
