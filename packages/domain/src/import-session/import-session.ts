import type { EventOfType } from '@tenure/contracts';
import { accepted, type Decider, type Decision, type Happening, unchanged } from '../decider.ts';
import { ImpossibleEventError, MisroutedCommandError } from '../errors.ts';
import { reject } from '../rejections.ts';

export type ImportSessionEvent = EventOfType<'ImportStarted'> | EventOfType<'ImportFinished'>;

/** A bulk import. While it is open nothing derived is recorded for the customers that it touched. */
export type ImportSessionState =
  | { readonly status: 'unknown' }
  | { readonly status: 'open' | 'finished'; readonly session: string; readonly name: string };

function evolve(state: ImportSessionState, event: Happening<ImportSessionEvent>): ImportSessionState {
  switch (event.type) {
    case 'ImportStarted':
      if (state.status !== 'unknown') throw new ImpossibleEventError(event.type, state.status, 'it was started');
      return { status: 'open', session: event.data.session, name: event.data.name };
    case 'ImportFinished':
      if (state.status !== 'open' || state.session !== event.data.session) {
        throw new ImpossibleEventError(event.type, state.status, 'this session is not open');
      }
      return { ...state, status: 'finished' };
    default:
      return event satisfies never;
  }
}

/** Again it is unchanged: a session that was cut off goes on, one that is finished stays so. */
export interface StartImport {
  readonly type: 'StartImport';
  /** 32 hex digits. */
  readonly session: string;
  readonly name: string;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
}

export interface FinishImport {
  readonly type: 'FinishImport';
  readonly session: string;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
}

export type ImportSessionCommand = StartImport | FinishImport;

function decide(command: ImportSessionCommand, state: ImportSessionState): Decision<ImportSessionEvent> {
  const { session, occurredAt } = command;
  if (state.status !== 'unknown' && state.session !== session) {
    throw new MisroutedCommandError('the command is for another session');
  }
  switch (command.type) {
    case 'StartImport':
      if (state.status !== 'unknown') return unchanged;
      return accepted({ type: 'ImportStarted', data: { session, name: command.name }, occurredAt, customerId: null });
    case 'FinishImport':
      if (state.status === 'unknown') return reject('not-found', 'there is no such import');
      if (state.status === 'finished') return unchanged;
      return accepted({ type: 'ImportFinished', data: { session }, occurredAt, customerId: null });
    default:
      return command satisfies never;
  }
}

export const importSessionDecider: Decider<ImportSessionState, ImportSessionCommand, ImportSessionEvent> = {
  initialState: { status: 'unknown' },
  evolve,
  decide,
};
