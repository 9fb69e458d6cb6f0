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

type ContactRecorded = EventOfType<'ContactRecorded'>;
export type ContactEvent = ContactRecorded | FactConflictDetected;

/** The stream of one contact, which never changes once it is recorded. */
export type ContactState =
  | { readonly status: 'unknown' }
  | {
      readonly status: 'recorded';
      readonly source: string;
      readonly contactId: string;
      readonly contentHash: string;
      readonly conflicts: readonly SeenConflict[];
    };

function evolve(state: ContactState, event: Happening<ContactEvent>): ContactState {
  switch (event.type) {
    case 'ContactRecorded': {
      if (state.status !== 'unknown') throw new ImpossibleEventError(event.type, state.status, 'it is recorded');
      const { source, contactId, contentHash } = event.data;
      return { status: 'recorded', source, contactId, contentHash, conflicts: [] };
    }
    case 'FactConflictDetected':
      if (state.status === 'unknown') {
        throw new ImpossibleEventError(event.type, state.status, 'nothing stands that it differs from');
      }
      return { ...state, conflicts: withConflict(state.conflicts, event) };
    default:
      return event satisfies never;
  }
}

export interface RecordContact extends FactCommand<'ContactRecorded'> {
  readonly type: 'RecordContact';
}

export type ContactCommand = RecordContact;

function decide(command: RecordContact, state: ContactState): Decision<ContactEvent> {
  const { content, personal, contentHash, customerId, occurredAt } = command;
  const { source, contactId } = content;
  if (state.status === 'recorded') {
    if (state.source !== source || state.contactId !== contactId) {
      throw new MisroutedCommandError('the command is for another contact');
    }
    if (state.contentHash === contentHash) return unchanged;
    return conflict('contact', source, contactId, command, state.conflicts);
  }
  const event: ContactRecorded = {
    type: 'ContactRecorded',
    data: { ...content, contentHash },
    ...personalOf(personal),
  };
  return accepted({ ...event, occurredAt, customerId });
}

export const contactDecider: Decider<ContactState, ContactCommand, ContactEvent> = {
  initialState: { status: 'unknown' },
  evolve,
  decide,
};
