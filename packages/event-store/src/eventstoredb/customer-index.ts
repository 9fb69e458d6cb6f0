import type { Checkpoint, Position, SealedEvent } from '../port.ts';
import type { Relation } from '../relation.ts';

/** How far an index has come, and of which log. */
export interface IndexState {
  /** Names one building of the index. What another has says nothing about this one. */
  readonly generation: string;
  /** All events up to here are in the index. */
  readonly checkpoint: Checkpoint;
}

export interface IndexRange {
  /** Exclusive. */
  readonly after: Position;
  /** Inclusive. */
  readonly upTo: Position;
  readonly limit?: number;
}

/** What went wrong with an index. Reads are answered from the log meanwhile. */
export type CustomerIndexFault =
  /** It lacks an event that the log has, and should be built anew: see `rebuildCustomerIndex`. */
  | { readonly kind: 'gap'; readonly customerId: string; readonly stream: string; readonly revision: number }
  /** It could not be brought up to date. It is tried again. */
  | { readonly kind: 'maintenance'; readonly error: unknown };

/**
 * A log's events by customer, correlation and trace, as they are sealed, outside the log. The log alone is the truth: this can be dropped and
 * built again. One process maintains it at a time; should two do, they do the same.
 * Every method rejects while the index cannot be reached.
 */
export interface CustomerIndex {
  /** Undefined if it was never begun. */
  state(): Promise<IndexState | undefined>;
  /** One customer's events of a generation, in log order. Empty when the generation is gone. */
  read(generation: string, customerId: string, range: IndexRange): Promise<readonly SealedEvent[]>;
  /** The events of a generation that belong together, in log order. Empty when the generation is gone. */
  readRelated(generation: string, relation: Relation, range: IndexRange): Promise<readonly SealedEvent[]>;
  /** All events of a generation, in log order. */
  page(generation: string, range: IndexRange): Promise<readonly SealedEvent[]>;
  /** Drops what it has, and begins again at a checkpoint. Answers undefined if another was faster than `before`. */
  begin(before: IndexState | undefined, checkpoint: Checkpoint): Promise<IndexState | undefined>;
  /**
   * Takes the events that follow the state's checkpoint, then moves the checkpoint on. Answers undefined if the state is not the index's any more.
   */
  record(state: IndexState, events: readonly SealedEvent[], checkpoint: Checkpoint): Promise<IndexState | undefined>;
  /** Asks to maintain it, or to go on maintaining it; to be asked about once a second. */
  hold(maintainer: string): Promise<boolean>;
  /** Lets another maintain it at once. */
  release(maintainer: string): Promise<void>;
  close(): Promise<void>;
}
