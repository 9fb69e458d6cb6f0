import type { EventOfType, SurveyKind } from '@tenure/contracts';
import { accepted, type Decider, type Decision, type Happening, unchanged } from '../decider.ts';
import { ImpossibleEventError, MisroutedCommandError } from '../errors.ts';
import {
  type Content,
  conflict,
  type FactCommand,
  type FactConflictDetected,
  personalOf,
  type SeenConflict,
  withConflict,
} from '../fact.ts';
import { reject } from '../rejections.ts';
import { isoInstant } from '../time/calendar.ts';

type SurveyInvited = EventOfType<'SurveyInvited'>;
type SurveyAnswered = EventOfType<'SurveyAnswered'>;
export type SurveyEvent = SurveyInvited | SurveyAnswered | FactConflictDetected;

interface Invitation {
  readonly content: Content<'SurveyInvited'>;
  readonly contentHash: string;
  readonly customerId: string | null;
  /** ms since 1970 UTC. */
  readonly sentAt: number;
  readonly conflicts: readonly SeenConflict[];
}

interface Answer {
  readonly contentHash: string;
  readonly score: number;
  /** ms since 1970 UTC. */
  readonly answeredAt: number;
}

/** The stream of one invitation to a survey, and of its only answer. */
export type SurveyState =
  | { readonly status: 'unknown' }
  | (Invitation & { readonly status: 'invited' })
  | (Invitation & { readonly status: 'answered'; readonly answer: Answer });

/** The scale of each kind of survey, both ends inclusive; 7 is the least effort. */
const surveyScales: Readonly<Record<SurveyKind, { readonly from: number; readonly to: number }>> = {
  csat: { from: 1, to: 5 },
  nps: { from: 0, to: 10 },
  ces: { from: 1, to: 7 },
};

function evolve(state: SurveyState, event: Happening<SurveyEvent>): SurveyState {
  switch (event.type) {
    case 'SurveyInvited': {
      if (state.status !== 'unknown') throw impossible(event, state, 'the invitation is known');
      const { contentHash, ...content } = event.data;
      const { customerId, occurredAt: sentAt } = event;
      return { status: 'invited', content, contentHash, customerId, sentAt, conflicts: [] };
    }
    case 'SurveyAnswered': {
      if (state.status !== 'invited') throw impossible(event, state, 'no answer is awaited');
      const { contentHash, score } = event.data;
      if (!onScale(state.content.kind, score)) throw impossible(event, state, 'the score is off the scale');
      if (event.occurredAt < state.sentAt) throw impossible(event, state, 'it precedes its invitation');
      return { ...state, status: 'answered', answer: { contentHash, score, answeredAt: event.occurredAt } };
    }
    case 'FactConflictDetected':
      if (state.status === 'unknown') throw impossible(event, state, 'nothing stands that it differs from');
      return { ...state, conflicts: withConflict(state.conflicts, event) };
    default:
      return event satisfies never;
  }
}

function impossible(event: SurveyEvent, state: SurveyState, why: string): ImpossibleEventError {
  return new ImpossibleEventError(event.type, state.status, why);
}

function onScale(kind: SurveyKind, score: number): boolean {
  const { from, to } = surveyScales[kind];
  return Number.isInteger(score) && score >= from && score <= to;
}

/** `occurredAt` is when the invitation was sent. */
export interface InviteToSurvey extends FactCommand<'SurveyInvited'> {
  readonly type: 'InviteToSurvey';
}

/** The answer belongs to the customer who was invited. */
export interface AnswerSurvey {
  readonly type: 'AnswerSurvey';
  readonly source: string;
  readonly invitationId: string;
  readonly score: number;
  readonly comment?: string | undefined;
  /** Keyed hash of all fields as they were accepted; equal for the same answer sent again. */
  readonly contentHash: string;
  /** When it was answered, ms since 1970 UTC. */
  readonly occurredAt: number;
}

export type SurveyCommand = InviteToSurvey | AnswerSurvey;

function decide(command: SurveyCommand, state: SurveyState): Decision<SurveyEvent> {
  switch (command.type) {
    case 'InviteToSurvey':
      return invite(command, state);
    case 'AnswerSurvey':
      return answer(command, state);
    default:
      return command satisfies never;
  }
}

function invite(command: InviteToSurvey, state: SurveyState): Decision<SurveyEvent> {
  const { content, contentHash, customerId, occurredAt } = command;
  expectInvitation(state, content);
  if (state.status === 'unknown') {
    return accepted({ type: 'SurveyInvited', data: { ...content, contentHash }, occurredAt, customerId });
  }
  if (state.contentHash === contentHash) return unchanged;
  return conflict('survey', content.source, content.invitationId, command, state.conflicts);
}

function answer(command: AnswerSurvey, state: SurveyState): Decision<SurveyEvent> {
  const { source, invitationId, score, comment, contentHash, occurredAt } = command;
  expectInvitation(state, command);
  if (state.status === 'unknown') return reject('not-found', `there is no invitation ${invitationId} of ${source}`);
  if (state.status === 'answered' && state.answer.contentHash === contentHash) return unchanged;
  const { content, customerId, sentAt, conflicts } = state;
  if (!onScale(content.kind, score)) {
    const { from, to } = surveyScales[content.kind];
    const detail = `must be a whole number from ${from} to ${to} for ${content.kind}`;
    return reject('score-out-of-range', detail, { pointer: '/score' });
  }
  if (occurredAt < sentAt) {
    const detail = `precedes the invitation, which was sent at ${isoInstant(sentAt)}`;
    return reject('out-of-order', detail, { pointer: '/answeredAt' });
  }
  if (state.status === 'answered') {
    const submission = { content: { source, invitationId, score }, personal: { comment } };
    return conflict(
      'survey-response',
      source,
      invitationId,
      { ...submission, contentHash, customerId, occurredAt },
      conflicts,
    );
  }
  const event: SurveyAnswered = {
    type: 'SurveyAnswered',
    data: { ...content, score, contentHash },
    ...personalOf({ comment }),
  };
  return accepted({ ...event, occurredAt, customerId });
}

function expectInvitation(
  state: SurveyState,
  { source, invitationId }: { source: string; invitationId: string },
): void {
  if (state.status === 'unknown') return;
  if (state.content.source === source && state.content.invitationId === invitationId) return;
  throw new MisroutedCommandError('the command is for another invitation');
}

export const surveyDecider: Decider<SurveyState, SurveyCommand, SurveyEvent> = {
  initialState: { status: 'unknown' },
  evolve,
  decide,
};
