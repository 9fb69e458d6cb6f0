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

type ComplaintFiled = EventOfType<'ComplaintFiled'>;
type ComplaintStep =
  | EventOfType<'ComplaintAcknowledged'>
  | EventOfType<'ComplaintAssigned'>
  | EventOfType<'ComplaintAnalysed'>
  | EventOfType<'ComplaintResolved'>
  | EventOfType<'ComplaintFollowedUp'>
  | EventOfType<'ComplaintClosed'>
  | EventOfType<'ComplaintReopened'>;
export type ComplaintEvent = ComplaintFiled | ComplaintStep | FactConflictDetected;

export type ComplaintStatus = 'filed' | 'acknowledged' | 'assigned' | 'analysed' | 'resolved' | 'closed' | 'reopened';
export type ComplaintAction = 'acknowledge' | 'assign' | 'analyse' | 'resolve' | 'follow-up' | 'close' | 'reopen';

/**
 * Which action is possible in which status, and the status that it leads to. A complaint may be solved at once, so any
 * open status leads to resolved; the customer may be told late that it is being looked at, and another department may
 * take it on after the analysis, neither of which undoes what was reached.
 */
export const complaintTransitions: Readonly<
  Record<ComplaintStatus, Readonly<Partial<Record<ComplaintAction, ComplaintStatus>>>>
> = {
  filed: { acknowledge: 'acknowledged', assign: 'assigned', analyse: 'analysed', resolve: 'resolved' },
  acknowledged: { assign: 'assigned', analyse: 'analysed', resolve: 'resolved' },
  assigned: { acknowledge: 'assigned', assign: 'assigned', analyse: 'analysed', resolve: 'resolved' },
  analysed: { acknowledge: 'analysed', assign: 'analysed', analyse: 'analysed', resolve: 'resolved' },
  resolved: { 'follow-up': 'resolved', close: 'closed', reopen: 'reopened' },
  closed: { reopen: 'reopened' },
  reopened: { acknowledge: 'reopened', assign: 'assigned', analyse: 'analysed', resolve: 'resolved' },
};

export type ComplaintState =
  | { readonly status: 'unknown' }
  | {
      readonly status: ComplaintStatus;
      readonly source: string;
      readonly complaintId: string;
      readonly contentHash: string;
      readonly customerId: string | null;
      /** Of the last event; ms since 1970 UTC. Steps go forward in time, so that content order tells the same story. */
      readonly lastAt: number;
      /** What follows is since it was filed, or last reopened. Whether the customer was told: */
      readonly acknowledged: boolean;
      readonly assignment: EventOfType<'ComplaintAssigned'>['data'] | null;
      readonly analysis: EventOfType<'ComplaintAnalysed'>['data'] | null;
      /** What the customer said of the last solution. */
      readonly followUp: EventOfType<'ComplaintFollowedUp'>['data'] | null;
      readonly conflicts: readonly SeenConflict[];
    };
type KnownComplaint = Exclude<ComplaintState, { readonly status: 'unknown' }>;

/** Nothing has been said yet: of a new complaint, and of one that was reopened. */
const newRound = { acknowledged: false, assignment: null, analysis: null, followUp: null };

function evolve(state: ComplaintState, event: Happening<ComplaintEvent>): ComplaintState {
  if (event.type === 'ComplaintFiled') {
    if (state.status !== 'unknown') throw new ImpossibleEventError(event.type, state.status, 'it is filed');
    const { source, complaintId, contentHash } = event.data;
    const { customerId, occurredAt: lastAt } = event;
    return { status: 'filed', source, complaintId, contentHash, customerId, lastAt, conflicts: [], ...newRound };
  }
  if (state.status === 'unknown') throw new ImpossibleEventError(event.type, state.status, 'nothing is filed');
  if (event.type === 'FactConflictDetected') return { ...state, conflicts: withConflict(state.conflicts, event) };
  const status = complaintTransitions[state.status][actionOf(event)];
  if (status === undefined) throw new ImpossibleEventError(event.type, state.status, 'there is no such transition');
  if (event.occurredAt < state.lastAt) throw new ImpossibleEventError(event.type, state.status, 'it goes back in time');
  const next = { ...state, status, lastAt: event.occurredAt };
  switch (event.type) {
    case 'ComplaintAcknowledged':
      return { ...next, acknowledged: true };
    case 'ComplaintAssigned':
      return { ...next, assignment: event.data };
    case 'ComplaintAnalysed':
      return { ...next, analysis: event.data };
    case 'ComplaintFollowedUp':
      return { ...next, followUp: event.data };
    case 'ComplaintResolved':
    case 'ComplaintClosed':
      return next;
    case 'ComplaintReopened':
      return { ...next, ...newRound };
    default:
      return event satisfies never;
  }
}

function actionOf(event: ComplaintStep): ComplaintAction {
  switch (event.type) {
    case 'ComplaintAcknowledged':
      return 'acknowledge';
    case 'ComplaintAssigned':
      return 'assign';
    case 'ComplaintAnalysed':
      return 'analyse';
    case 'ComplaintResolved':
      return 'resolve';
    case 'ComplaintFollowedUp':
      return 'follow-up';
    case 'ComplaintClosed':
      return 'close';
    case 'ComplaintReopened':
      return 'reopen';
    default:
      return event satisfies never;
  }
}

export interface FileComplaint extends FactCommand<'ComplaintFiled'> {
  readonly type: 'FileComplaint';
}

interface Step {
  /** ms since 1970 UTC; not before the complaint's last event. */
  readonly occurredAt: number;
}

export interface AcknowledgeComplaint extends Step {
  readonly type: 'AcknowledgeComplaint';
}

export interface AssignComplaint extends Step {
  readonly type: 'AssignComplaint';
  readonly department: string;
  readonly assignee?: string | undefined;
}

export interface AnalyseComplaint extends Step {
  readonly type: 'AnalyseComplaint';
  readonly cause: string;
  readonly responsibleDepartment: string;
}

export interface ResolveComplaint extends Step {
  readonly type: 'ResolveComplaint';
  readonly solution: string;
}

export interface FollowUpComplaint extends Step {
  readonly type: 'FollowUpComplaint';
  readonly solved: boolean;
  /** 1 to 5. */
  readonly satisfaction?: number | undefined;
}

export interface CloseComplaint extends Step {
  readonly type: 'CloseComplaint';
}

export interface ReopenComplaint extends Step {
  readonly type: 'ReopenComplaint';
  readonly reason?: string | undefined;
}

type StepCommand =
  | AcknowledgeComplaint
  | AssignComplaint
  | AnalyseComplaint
  | ResolveComplaint
  | FollowUpComplaint
  | CloseComplaint
  | ReopenComplaint;
export type ComplaintCommand = FileComplaint | StepCommand;

function decide(command: ComplaintCommand, state: ComplaintState): Decision<ComplaintEvent> {
  if (command.type === 'FileComplaint') return file(command, state);
  if (state.status === 'unknown') return reject('not-found', 'there is no such complaint');
  const step = stepOf(command);
  if (isSoAlready(step, state)) return unchanged;
  const action = actionOf(step);
  if (complaintTransitions[state.status][action] === undefined) {
    const allowed = Object.keys(complaintTransitions[state.status]).join(', ');
    const detail = `the complaint is ${state.status}: ${action} is not possible; allowed: ${allowed}`;
    return reject('wrong-status', detail);
  }
  const { occurredAt } = command;
  if (occurredAt < state.lastAt) {
    const detail = `precedes ${isoInstant(state.lastAt)}, when the complaint became ${state.status}`;
    return reject('out-of-order', detail, { pointer: '/occurredAt' });
  }
  return accepted<ComplaintEvent>({ ...step, occurredAt, customerId: state.customerId });
}

function file(command: FileComplaint, state: ComplaintState): Decision<ComplaintEvent> {
  const { content, personal, contentHash, customerId, occurredAt } = command;
  const { source, complaintId } = content;
  if (state.status === 'unknown') {
    const event: ComplaintFiled = {
      type: 'ComplaintFiled',
      data: { ...content, contentHash },
      ...personalOf(personal),
    };
    return accepted<ComplaintEvent>({ ...event, occurredAt, customerId });
  }
  if (state.source !== source || state.complaintId !== complaintId) {
    throw new MisroutedCommandError('the command is for another complaint');
  }
  if (state.contentHash === contentHash) return unchanged;
  return conflict('complaint', source, complaintId, command, state.conflicts);
}

/** The event that the command asks for. */
function stepOf(command: StepCommand): ComplaintStep {
  switch (command.type) {
    case 'AcknowledgeComplaint':
      return { type: 'ComplaintAcknowledged', data: {} };
    case 'AssignComplaint': {
      const { department, assignee } = command;
      return { type: 'ComplaintAssigned', data: assignee === undefined ? { department } : { department, assignee } };
    }
    case 'AnalyseComplaint': {
      const { cause, responsibleDepartment } = command;
      return { type: 'ComplaintAnalysed', data: { cause, responsibleDepartment } };
    }
    case 'ResolveComplaint':
      return { type: 'ComplaintResolved', data: {}, personal: { solution: command.solution } };
    case 'FollowUpComplaint': {
      const { solved, satisfaction } = command;
      return { type: 'ComplaintFollowedUp', data: satisfaction === undefined ? { solved } : { solved, satisfaction } };
    }
    case 'CloseComplaint':
      return { type: 'ComplaintClosed', data: {} };
    case 'ReopenComplaint':
      return { type: 'ComplaintReopened', data: {}, ...personalOf({ reason: command.reason }) };
    default:
      return command satisfies never;
  }
}

/** Whether the step would change nothing; one that carries a text is new each time. */
function isSoAlready(step: ComplaintStep, state: KnownComplaint): boolean {
  switch (step.type) {
    case 'ComplaintAcknowledged':
      return state.acknowledged;
    case 'ComplaintAssigned':
      return state.assignment?.department === step.data.department && state.assignment.assignee === step.data.assignee;
    case 'ComplaintAnalysed':
      return (
        state.analysis?.cause === step.data.cause &&
        state.analysis.responsibleDepartment === step.data.responsibleDepartment
      );
    case 'ComplaintFollowedUp':
      return state.followUp?.solved === step.data.solved && state.followUp.satisfaction === step.data.satisfaction;
    case 'ComplaintClosed':
      return state.status === 'closed';
    case 'ComplaintResolved':
    case 'ComplaintReopened':
      return false;
    default:
      return step satisfies never;
  }
}

export const complaintDecider: Decider<ComplaintState, ComplaintCommand, ComplaintEvent> = {
  initialState: { status: 'unknown' },
  evolve,
  decide,
};
