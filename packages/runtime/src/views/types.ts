import type { Calendar, CustomerState, Happening, Standing } from '@tenure/domain';
import type { EventStore, Position } from '@tenure/event-store';
import type { CollectionDefinition, Document, Filter, ViewSet } from '@tenure/read-store';
import type { KnownCustomer } from './known-customer.ts';
import type { RecordedEvent } from './recorded-event.ts';

/** What code in the views' thread works with. */
export interface ViewsContext {
  readonly store: EventStore;
  readonly views: ViewSet;
  readonly calendar: Calendar;
  /** ms since 1970 UTC. */
  readonly now: () => number;
}

/** A document to replace whole, or to remove. */
export interface DocumentChange {
  readonly collection: string;
  readonly id: string;
  readonly document: Document | null;
  /** The position of what it was folded from, where that is not the event that is being applied. */
  readonly guard?: Position;
  /** It will hardly be written again: nothing is kept in memory to be quick about it. */
  readonly isFinal?: boolean;
}

/** A customer whose history grew, with the events that did it. `state` is at the customer's last fact or timer. */
export interface ChangedCustomer {
  readonly customer: KnownCustomer;
  readonly state: CustomerState;
  readonly events: readonly RecordedEvent[];
  /** When the last of the policies that they were folded by became known, ms; 0 without any. */
  readonly policiesAt: number;
  /** What stood at each moment of knowledge, as far as these events changed it; null: to be removed. */
  readonly standings: ReadonlyMap<string, Standing | null>;
}

/**
 * Documents out of events. What it throws is taken for an error that comes again: the event's key is parked. Reading the
 * views or the store may fail for a while; such errors must be the store's own.
 */
export interface Projection {
  readonly name: string;
  readonly collections: readonly CollectionDefinition[];
  /** Where it keeps `standings`, under their ids, if it does: else nobody tells them. */
  readonly keepsStandingsIn?: string;
  /** The documents of one customer, out of the fold of all their facts. */
  customer?(changed: ChangedCustomer, context: ViewsContext): readonly DocumentChange[];
  /** Documents that belong to one event or stream; only called for `eventTypes`. */
  readonly eventTypes?: ReadonlySet<string>;
  event?(event: RecordedEvent, context: ViewsContext): Promise<readonly DocumentChange[]>;
}

/** Records derivations as events, in a stream of its own per customer. `R`: what stands recorded, in its own terms. */
export interface Recorder<R = unknown> {
  readonly name: string;
  readonly service: string;
  stream(customerId: string): string;
  /** What stands after the stream's events. */
  recorded(events: readonly RecordedEvent[]): R;
  /** The events that make what stands recorded equal to what is derived; without a state nothing is. */
  missing(customerId: string, state: CustomerState | undefined, recorded: R): readonly Happening[];
  /** What stands once nothing is missing. The state's lists go on growing; this must not. */
  complete(state: CustomerState | undefined): R;
  /** Where the customers stand whom time alone moves next: a field that holds an instant in ms. */
  readonly timer: { readonly collection: string; readonly field: string };
}

/** Documents that fall due. Every firing must move the document on, else it fires again and again. */
export interface Timer {
  readonly name: string;
  readonly service: string;
  readonly collection: string;
  /** Holds an instant in ms, or nothing. */
  readonly field: string;
  readonly filter?: Filter;
  /** Whose it is, a customer's id or a stream's name: it fires in the process that is given their events, in no other. */
  key(document: Document): string;
  /** A document that is due but has to wait for something else. */
  waits?(document: Document): boolean;
  /** Fires after the recorders have seen all that the documents show: they know who is held. */
  readonly records?: boolean;
  /** All or nothing, else some fire again: what it does must be harmless twice. */
  fire(documents: readonly Document[], asOf: number, context: ViewsContext): Promise<void>;
}

/** What a service does in the views' thread. */
export interface ServiceViews {
  readonly projections?: readonly Projection[];
  readonly recorders?: readonly Recorder[];
  readonly timers?: readonly Timer[];
}
