import type { EventOfType } from '@tenure/contracts';
import { accepted, type Decider, type Decision, type Happening, unchanged } from '../decider.ts';
import { ImpossibleEventError, MisroutedCommandError } from '../errors.ts';
import {
  conflict,
  type FactCommand,
  type FactConflictDetected,
  personalOf,
  type SeenConflict,
  withConflict,
} from '../fact.ts';
import { reject } from '../rejections.ts';
import { isoInstant } from '../time/calendar.ts';

type FollowUpScheduled = EventOfType<'FollowUpScheduled'>;
type FollowUpMoved = EventOfType<'FollowUpMoved'>;
type FollowUpDone = EventOfType<'FollowUpDone'>;
type FollowUpMissed = EventOfType<'FollowUpMissed'>;
export type FollowUpEvent = FollowUpScheduled | FollowUpMoved | FollowUpDone | FollowUpMissed | FactConflictDetected;

interface FollowUp {
  readonly source: string;
  readonly followUpId: string;
  readonly contentHash: string;
  readonly customerId: string | null;
  /** When it was scheduled, or last moved; ms since 1970 UTC. */
  readonly plannedAt: number;
  /** ms since 1970 UTC. */
  readonly dueAt: number;
  readonly conflicts: readonly SeenConflict[];
}

/**
 * The stream of one follow-up visit. It is missed from dueAt on, unless it was done by then, that instant included. When
 * we learn of it plays no part: a visit in time undoes a miss, one that came too late stays late.
 */
export type FollowUpState =
  | { readonly status: 'unknown' }
  | (FollowUp & { readonly status: 'scheduled' | 'missed' })
  | (FollowUp & { readonly status: 'done'; readonly doneAt: number; readonly late: boolean });

function evolve(state: FollowUpState, event: Happening<FollowUpEvent>): FollowUpState {
  if (event.type === 'FollowUpScheduled') {
    if (state.status !== 'unknown') throw new ImpossibleEventError(event.type, state.status, 'it is scheduled');
    const { source, followUpId, contentHash } = event.data;
    const dueAt = Date.parse(event.data.dueAt);
    const { customerId, occurredAt: plannedAt } = event;
    return { status: 'scheduled', source, followUpId, contentHash, customerId, plannedAt, dueAt, conflicts: [] };
  }
  if (state.status === 'unknown') throw new ImpossibleEventError(event.type, state.status, 'nothing is scheduled');
  if (event.type === 'FactConflictDetected') return { ...state, conflicts: withConflict(state.conflicts, event) };
  if (state.status === 'done') throw new ImpossibleEventError(event.type, state.status, 'it is done');
  switch (event.type) {
    case 'FollowUpMoved':
      if (event.occurredAt < movableFrom(state)) {
        throw new ImpossibleEventError(event.type, state.status, 'it goes back in time');
      }
      return { ...state, status: 'scheduled', plannedAt: event.occurredAt, dueAt: Date.parse(event.data.dueAt) };
    case 'FollowUpMissed':
      if (state.status === 'missed') throw new ImpossibleEventError(event.type, state.status, 'it is missed');
      if (Date.parse(event.data.dueAt) !== state.dueAt) {
        throw new ImpossibleEventError(event.type, state.status, 'it was due at another instant');
      }
      return { ...state, status: 'missed' };
    case 'FollowUpDone': {
      const late = event.occurredAt > state.dueAt;
      if (event.occurredAt < state.plannedAt) {
        throw new ImpossibleEventError(event.type, state.status, 'it precedes its planning');
      }
      if (late && state.status === 'scheduled') {
        throw new ImpossibleEventError(event.type, state.status, 'it was missed before');
      }
      return { ...state, status: 'done', doneAt: event.occurredAt, late };
    }
    default:
      return event satisfies never;
  }
}

/** A miss that is recorded is not moved away: who reads the events in order of time would find it after the move. */
function movableFrom(state: FollowUp & { readonly status: 'scheduled' | 'missed' }): number {
  return state.status === 'missed' ? state.dueAt : state.plannedAt;
}

/** `content.dueAt` may not precede `occurredAt`, when it is scheduled. */
export interface ScheduleFollowUp extends FactCommand<'FollowUpScheduled'> {
  readonly type: 'ScheduleFollowUp';
}

/** Gives it another date; one that was missed is scheduled again. */
export interface MoveFollowUp {
  readonly type: 'MoveFollowUp';
  /** ms since 1970 UTC. */
  readonly dueAt: number;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
}

export interface CompleteFollowUp {
  readonly type: 'CompleteFollowUp';
  /** 1 to 5. */
  readonly satisfaction?: number | undefined;
  readonly outcome?: string | undefined;
  /** When the visit took place, ms since 1970 UTC. */
  readonly occurredAt: number;
}

/** The timer's command; `unchanged` if by now it has been done or moved. */
export interface MissFollowUp {
  readonly type: 'MissFollowUp';
  /** ms since 1970 UTC. */
  readonly asOf: number;
}

export type FollowUpCommand = ScheduleFollowUp | MoveFollowUp | CompleteFollowUp | MissFollowUp;

function decide(command: FollowUpCommand, state: FollowUpState): Decision<FollowUpEvent> {
  switch (command.type) {
    case 'ScheduleFollowUp':
      return schedule(command, state);
    case 'MoveFollowUp':
      return move(command, state);
    case 'CompleteFollowUp':
      return complete(command, state);
    case 'MissFollowUp':
      if (state.status !== 'scheduled' || command.asOf < state.dueAt) return unchanged;
      return accepted(missed(state));
    default:
      return command satisfies never;
  }
}

function schedule(command: ScheduleFollowUp, state: FollowUpState): Decision<FollowUpEvent> {
  const { content, personal, contentHash, customerId, occurredAt } = command;
  const { source, followUpId } = content;
  if (state.status !== 'unknown') {
    if (state.source !== source || state.followUpId !== followUpId) {
      throw new MisroutedCommandError('the command is for another follow-up');
    }
    if (state.contentHash === contentHash) return unchanged;
  }
  if (Date.parse(content.dueAt) < occurredAt) return dueTooEarly(occurredAt);
  if (state.status !== 'unknown') return conflict('follow-up', source, followUpId, command, state.conflicts);
  const event: FollowUpScheduled = {
    type: 'FollowUpScheduled',
    data: { ...content, contentHash },
    ...personalOf(personal),
  };
  return accepted({ ...event, occurredAt, customerId });
}

function move({ dueAt, occurredAt }: MoveFollowUp, state: FollowUpState): Decision<FollowUpEvent> {
  if (state.status === 'unknown') return notFound;
  if (state.status === 'done') return isDone;
  if (state.status === 'scheduled' && state.dueAt === dueAt) return unchanged;
  if (occurredAt < movableFrom(state)) return tooEarly(movableFrom(state));
  if (dueAt < occurredAt) return dueTooEarly(occurredAt);
  const event: FollowUpMoved = { type: 'FollowUpMoved', data: { dueAt: isoInstant(dueAt) } };
  return afterMiss(state, { ...event, occurredAt, customerId: state.customerId });
}

function complete(command: CompleteFollowUp, state: FollowUpState): Decision<FollowUpEvent> {
  const { satisfaction, outcome, occurredAt } = command;
  if (state.status === 'unknown') return notFound;
  if (state.status === 'done') return isDone;
  if (occurredAt < state.plannedAt) return tooEarly(state.plannedAt);
  const event: FollowUpDone = {
    type: 'FollowUpDone',
    data: satisfaction === undefined ? {} : { satisfaction },
    ...personalOf({ outcome }),
  };
  return afterMiss(state, { ...event, occurredAt, customerId: state.customerId });
}

/** Accepts what happened, as if the timer had fired on time. */
function afterMiss(
  state: FollowUp & { readonly status: 'scheduled' | 'missed' },
  event: Happening<FollowUpMoved | FollowUpDone>,
): Decision<FollowUpEvent> {
  const unrecorded = state.status === 'scheduled' && event.occurredAt > state.dueAt;
  return unrecorded ? accepted<FollowUpEvent>(missed(state), event) : accepted<FollowUpEvent>(event);
}

function missed({ dueAt, customerId }: FollowUp): Happening<FollowUpMissed> {
  return { type: 'FollowUpMissed', data: { dueAt: isoInstant(dueAt) }, occurredAt: dueAt, customerId };
}

const notFound = reject('not-found', 'there is no such follow-up');
const isDone = reject('wrong-status', 'the follow-up is done; no action is possible any more');

function dueTooEarly(occurredAt: number): Decision<never> {
  return reject('out-of-order', `precedes ${isoInstant(occurredAt)}, when it was planned`, { pointer: '/dueAt' });
}

function tooEarly(earliest: number): Decision<never> {
  const detail = `precedes ${isoInstant(earliest)}, when the follow-up was planned, last moved or missed`;
  return reject('out-of-order', detail, { pointer: '/occurredAt' });
}

export const followUpDecider: Decider<FollowUpState, FollowUpCommand, FollowUpEvent> = {
  initialState: { status: 'unknown' },
  evolve,
  decide,
};
