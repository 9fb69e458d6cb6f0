import type { CustomerFold, Standings } from '@tenure/domain';
import type { Position } from '@tenure/event-store';
import { type DocumentMoves, noteMove } from './document-moves.ts';
import type { RecordedEvent } from './recorded-event.ts';

/** What stands recorded in a recorder's stream, to see what is missing without reading it again. */
export interface RecordingMark {
  /** Last revision of the stream, -1 for none. */
  readonly revision: number;
  /** In the recorder's own terms; survives being written as JSON. */
  readonly recorded: unknown;
  /** The latest instant that it says anything of, ms since 1970 UTC; 0 for none. */
  readonly until: number;
}

/** A customer as far as their history has been folded. */
export interface KnownCustomer extends DocumentMoves {
  /** The canonical id. */
  readonly id: string;
  /** All ids, the canonical first. */
  readonly ids: readonly string[];
  readonly fold: CustomerFold;
  /** What stood at each moment of knowledge; undefined where no projection asks for it. */
  standings: Standings | undefined;
  /** They were told anew from the log, and what was written of them is to be compared with that. */
  isRetold: boolean;
  /** Of each id, up to where all of its events are in the fold. */
  readonly foldedUpTo: Map<string, Position>;
  /** Of the canonical id's profile stream, -1 for none. */
  profileRevision: number;
  /** What recorders know to have been recorded, by stream. */
  readonly marks: Map<string, RecordingMark>;
  /** What projections noted of what they wrote last, by collection, to write only what changes. */
  readonly notes: Map<string, string | number | null>;
}

/** Takes one more event, in log order, whose facts are in the fold. */
export function noteEvent(customer: KnownCustomer, event: RecordedEvent): void {
  if (event.stream === `profile-${customer.id}`) customer.profileRevision = event.revision;
  noteMove(customer, event);
}
