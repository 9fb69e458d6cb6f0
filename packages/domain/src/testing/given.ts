import { type DomainEvent, validateEvent } from '@tenure/contracts';
import { type Decider, type Decision, fold, type Happening } from '../decider.ts';

/** A refusal as a test expects it; a pointer or events that are left out must be absent. */
export interface ExpectedRefusal<E extends DomainEvent> {
  readonly code: string;
  readonly pointer?: string;
  readonly events?: readonly Happening<E>[];
}

export type ExpectedOutcome<E extends DomainEvent> = readonly Happening<E>[] | 'unchanged' | ExpectedRefusal<E>;

/** Raised when a decision is not what a test expects; test runners show the two fields side by side. */
class UnexpectedDecisionError extends Error {
  readonly code = 'unexpected-decision';
  readonly expected: string;
  readonly actual: string;

  constructor(expected: string, actual: string) {
    super(`expected ${expected}\nbut it was ${actual}`);
    this.expected = expected;
    this.actual = actual;
  }
}

/**
 * Examples of one decider: `given([...events]).when(command).then([...events])`, `.then('unchanged')` or
 * `.then({ code })`. Every event that is decided must fit its schema and be one that `evolve` takes.
 */
export function givenFor<State, Command, E extends DomainEvent>(decider: Decider<State, Command, E>) {
  return (events: readonly Happening<E>[]) => {
    const state = fold(decider, events);
    return {
      when: (command: Command) => {
        const decision = decider.decide(command, state);
        return {
          // It reads as the sentence it is; nobody awaits it.
          // biome-ignore lint/suspicious/noThenProperty: given, when, then
          then: (expected: ExpectedOutcome<E>): void => {
            const wanted = written(expectedDecision(expected));
            const got = written(withoutDetail(decision));
            if (wanted !== got) throw new UnexpectedDecisionError(wanted, got);
            accept(decider, state, decision);
          },
        };
      },
    };
  };
}

/** What a run of commands comes to. */
export interface Run<State, E extends DomainEvent> {
  readonly state: State;
  readonly events: readonly Happening<E>[];
  readonly decisions: readonly Decision<E>[];
}

/**
 * Decides commands one after the other, each on what those before it came to. Events pass through JSON, as in a log.
 * @throws if an event does not fit its schema, or if `evolve` does not take it
 */
export function runCommands<State, Command, E extends DomainEvent>(
  decider: Decider<State, Command, E>,
  commands: Iterable<Command>,
): Run<State, E> {
  let state = decider.initialState;
  const events: Happening<E>[] = [];
  const decisions: Decision<E>[] = [];
  for (const command of commands) {
    const decision = decider.decide(command, state);
    state = accept(decider, state, decision);
    decisions.push(decision);
    events.push(...eventsOf(decision));
  }
  return { state, events, decisions };
}

function accept<State, Command, E extends DomainEvent>(
  decider: Decider<State, Command, E>,
  state: State,
  decision: Decision<E>,
): State {
  for (const event of eventsOf(decision)) validateEvent(event);
  return eventsOf(decision).map(stored).reduce(decider.evolve, state);
}

function eventsOf<E extends DomainEvent>(decision: Decision<E>): readonly Happening<E>[] {
  return decision.kind === 'unchanged' ? [] : (decision.events ?? []);
}

function stored<E extends DomainEvent>(event: Happening<E>): Happening<E> {
  return JSON.parse(JSON.stringify(event));
}

function expectedDecision<E extends DomainEvent>(expected: ExpectedOutcome<E>): object {
  if (expected === 'unchanged') return { kind: 'unchanged' };
  if (!('code' in expected)) return { kind: 'accepted', events: expected };
  const { code, pointer, events = [] } = expected;
  return { kind: 'rejected', code, pointer, events };
}

/** Details are for people, and free to change. */
function withoutDetail<E extends DomainEvent>(decision: Decision<E>): object {
  if (decision.kind !== 'rejected') return decision;
  const { code, pointer } = decision.rejection;
  return { kind: 'rejected', code, pointer, events: eventsOf(decision) };
}

/** Equal values as equal texts: keys in order, fields that are undefined left out. */
function written(value: unknown): string {
  const inOrder = (_key: string, part: unknown): unknown =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part;
  return JSON.stringify(value, inOrder, 2);
}
