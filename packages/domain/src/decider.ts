import type { DomainEvent } from '@tenure/contracts';

/** An event as a decider gives and takes it: what happened, when in the world, to whom. */
export type Happening<E extends DomainEvent = DomainEvent> = E & {
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
  /** Whose history it belongs to; null for what belongs to no customer. */
  readonly customerId: string | null;
};

/** A rule that a command would break. `code` is stable and becomes the problem's type; pointer as in RFC 6901. */
export interface Rejection {
  readonly code: string;
  readonly detail: string;
  readonly pointer?: string;
}

/**
 * What a command comes to. `unchanged`: all it asks for is so already (a repeat). A rejection may carry events: a
 * conflict is recorded so that somebody sees it.
 */
export type Decision<E extends DomainEvent = DomainEvent> =
  | { readonly kind: 'accepted'; readonly events: readonly Happening<E>[] }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'rejected'; readonly rejection: Rejection; readonly events?: readonly Happening<E>[] };

/** Decides without I/O, clock or chance: `decide` says what happens, `evolve` what has happened. */
export interface Decider<State, Command, E extends DomainEvent = DomainEvent> {
  readonly initialState: State;
  evolve(state: State, event: Happening<E>): State;
  decide(command: Command, state: State): Decision<E>;
}

export function accepted<E extends DomainEvent>(...events: readonly Happening<E>[]): Decision<E> {
  return { kind: 'accepted', events };
}

export const unchanged: Decision<never> = { kind: 'unchanged' };

export function rejected<E extends DomainEvent>(
  code: string,
  detail: string,
  events: readonly Happening<E>[] = [],
): Decision<E> {
  return { kind: 'rejected', rejection: { code, detail }, events };
}

/** The state after all of a stream's events. */
export function fold<State, E extends DomainEvent>(
  decider: Pick<Decider<State, never, E>, 'initialState' | 'evolve'>,
  events: Iterable<Happening<E>>,
): State {
  let state = decider.initialState;
  for (const event of events) state = decider.evolve(state, event);
  return state;
}
