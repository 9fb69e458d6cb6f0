import { type DomainEvent, eventRegistry, upcast } from '@tenure/contracts';
import { type Decider, type Decision, fold, type Happening } from '@tenure/domain';
import type { NewEvent, StoredEvent } from '@tenure/event-store';
import type { Folding, History, Snapshot } from './snapshots.ts';

/** One stream's part of a command, its types gone: what matters to whoever appends is stream, history and decision. */
export interface Step extends Folding {
  /** The stream is probably not there yet: decide without reading, and read only after a conflict. */
  readonly optimistic: boolean;
  /** The revision that the client saw (`If-Match`); another one refuses the command. */
  readonly expectedRevision: number | undefined;
  decide(history: History): Decision;
}

export interface StepOptions<State, Command, E extends DomainEvent> {
  readonly stream: string;
  readonly decider: Decider<State, Command, E>;
  readonly command: Command;
  /** For what creates its stream: saves the read in the usual case. */
  readonly optimistic?: boolean;
  readonly expectedRevision?: number | undefined;
}

/** What a command comes to in one stream. */
export function step<State, Command, E extends DomainEvent>(options: StepOptions<State, Command, E>): Step {
  const { stream, decider, command, optimistic = false, expectedRevision } = options;
  return {
    ...foldingOf(stream, decider),
    optimistic: optimistic && expectedRevision === undefined,
    expectedRevision,
    decide: ({ before, events }) => decider.decide(command, stateOf(decider, events, before)) as Decision,
  };
}

type Evolving<State, E extends DomainEvent> = Pick<Decider<State, never, E>, 'initialState' | 'evolve'>;

/** How a decider sees a stream. */
export function foldingOf<State, E extends DomainEvent>(stream: string, decider: Evolving<State, E>): Folding {
  return { stream, decider, fold: (events, before) => stateOf(decider, events, before) };
}

/**
 * The state after a stream's events, from the first or from where a snapshot of the same decider was taken. A decider is
 * only given streams of its own category, so they are all its own.
 */
export function stateOf<State, E extends DomainEvent>(
  decider: Evolving<State, E>,
  events: readonly StoredEvent[],
  before?: Snapshot,
): State {
  const initialState = before === undefined ? decider.initialState : (before.state as State);
  return fold(
    { initialState, evolve: decider.evolve },
    events.map((event) => happening(event) as Happening<E>),
  );
}

/** A stored event as deciders take it, lifted to the current version of its type. */
function happening(event: StoredEvent): Happening {
  const { type, data, personal } = upcast(event);
  return { type, data, personal, occurredAt: event.occurredAt, customerId: event.customerId } as Happening;
}

/** What a decider said, as the store takes it. */
export function newEvent(event: Happening, id: string, metadata: NewEvent['metadata']): NewEvent {
  return {
    id,
    type: event.type,
    version: eventRegistry[event.type].version,
    customerId: event.customerId,
    occurredAt: event.occurredAt,
    data: event.data,
    ...(event.personal === undefined ? {} : { personal: event.personal }),
    metadata,
  };
}
