import type { EventOfType } from '@tenure/contracts';
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
import { checkLines } from '../order-lines.ts';

type RefundRecorded = EventOfType<'RefundRecorded'>;
type RefundReserved = EventOfType<'RefundReserved'>;
export type RefundEvent = RefundRecorded | RefundReserved | FactConflictDetected;

interface RefundStream {
  readonly source: string;
  readonly refundId: string;
  readonly contentHash: string;
  readonly conflicts: readonly SeenConflict[];
}

/**
 * The stream of one refund's id. `recorded`: it names no purchase, and stands here. `reserved`: it names one, in whose
 * stream it stands; here its id is kept from counting twice.
 */
export type RefundState =
  | { readonly status: 'unknown' }
  | (RefundStream & {
      readonly status: 'recorded';
      readonly content: Content<'RefundRecorded'>;
      readonly customerId: string | null;
      /** ms since 1970 UTC. */
      readonly occurredAt: number;
    })
  | (RefundStream & { readonly status: 'reserved'; readonly originalOrderId: string });

function evolve(state: RefundState, event: Happening<RefundEvent>): RefundState {
  switch (event.type) {
    case 'RefundRecorded': {
      const { contentHash, ...content } = event.data;
      if (state.status !== 'unknown') throw impossible(event, state, 'the id is taken');
      if (content.originalOrderId !== undefined) throw impossible(event, state, 'it belongs to its purchase');
      const { source, refundId } = content;
      const { customerId, occurredAt } = event;
      return { status: 'recorded', source, refundId, content, contentHash, customerId, occurredAt, conflicts: [] };
    }
    case 'RefundReserved':
      if (state.status !== 'unknown') throw impossible(event, state, 'the id is taken');
      return { status: 'reserved', ...event.data, conflicts: [] };
    case 'FactConflictDetected':
      if (state.status === 'unknown') throw impossible(event, state, 'nothing stands that it differs from');
      return { ...state, conflicts: withConflict(state.conflicts, event) };
    default:
      return event satisfies never;
  }
}

function impossible(event: RefundEvent, state: RefundState, why: string): ImpossibleEventError {
  return new ImpossibleEventError(event.type, state.status, why);
}

/** A refund that names no purchase. */
export interface RecordUnmatchedRefund extends FactCommand<'RefundRecorded'> {
  readonly type: 'RecordUnmatchedRefund';
}

/** Takes the id for a refund that names its purchase, before `RecordRefund` on that purchase; `unchanged` lets that go on. */
export interface ReserveRefund extends FactCommand<'RefundRecorded'> {
  readonly type: 'ReserveRefund';
}

export type RefundCommand = RecordUnmatchedRefund | ReserveRefund;

function decide(command: RefundCommand, state: RefundState): Decision<RefundEvent> {
  const { content, personal, contentHash, customerId, occurredAt } = command;
  const { source, refundId, originalOrderId } = content;
  if ((command.type === 'ReserveRefund') !== (originalOrderId !== undefined)) {
    throw new MisroutedCommandError('a refund is reserved if it names a purchase, else it is recorded');
  }
  if (state.status !== 'unknown' && (state.source !== source || state.refundId !== refundId)) {
    throw new MisroutedCommandError('the command is for another refund');
  }
  if (isSame(state, contentHash, originalOrderId)) return unchanged;
  const fault = checkLines(content.lines);
  if (fault !== undefined) return fault;
  if (state.status !== 'unknown') return conflict('refund', source, refundId, command, state.conflicts);
  if (originalOrderId !== undefined) {
    const data = { source, refundId, originalOrderId, contentHash };
    return accepted({ type: 'RefundReserved', data, occurredAt, customerId });
  }
  const event: RefundRecorded = { type: 'RefundRecorded', data: { ...content, contentHash }, ...personalOf(personal) };
  return accepted({ ...event, occurredAt, customerId });
}

function isSame(state: RefundState, contentHash: string, originalOrderId: string | undefined): boolean {
  switch (state.status) {
    case 'unknown':
      return false;
    case 'recorded':
      return originalOrderId === undefined && state.contentHash === contentHash;
    case 'reserved':
      return state.originalOrderId === originalOrderId && state.contentHash === contentHash;
    default:
      return state satisfies never;
  }
}

export const refundDecider: Decider<RefundState, RefundCommand, RefundEvent> = {
  initialState: { status: 'unknown' },
  evolve,
  decide,
};
