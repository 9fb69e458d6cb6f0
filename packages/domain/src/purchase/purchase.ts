import type { EventOfType } from '@tenure/contracts';
import { accepted, type Decider, type Decision, type Happening, unchanged } from '../decider.ts';
import { ImpossibleEventError, MisroutedCommandError } from '../errors.ts';
import {
  type Content,
  conflict,
  conflictEvents,
  type FactCommand,
  type FactConflictDetected,
  personalOf,
  type SeenConflict,
  withConflict,
} from '../fact.ts';
import { checkLines } from '../order-lines.ts';
import { reject } from '../rejections.ts';

type PurchaseRecorded = EventOfType<'PurchaseRecorded'>;
type PurchaseClaimed = EventOfType<'PurchaseClaimed'>;
type RefundRecorded = EventOfType<'RefundRecorded'>;
export type PurchaseEvent = PurchaseRecorded | PurchaseClaimed | RefundRecorded | FactConflictDetected;

/** A refund that names the purchase. */
export interface RefundOfPurchase {
  readonly source: string;
  readonly refundId: string;
  readonly currency: string;
  readonly lines: RefundRecorded['data']['lines'];
  readonly contentHash: string;
  readonly customerId: string | null;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
}

interface PurchaseStream {
  readonly source: string;
  readonly orderId: string;
  /** In order of arrival. */
  readonly refunds: readonly RefundOfPurchase[];
  readonly conflicts: readonly SeenConflict[];
}

export interface AwaitingPurchase extends PurchaseStream {
  readonly status: 'awaiting';
}

export interface RecordedPurchase extends PurchaseStream {
  readonly status: 'recorded';
  readonly content: Content<'PurchaseRecorded'>;
  readonly contentHash: string;
  /** As it came; null if nobody known bought it. */
  readonly customerId: string | null;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
  readonly claimedBy: string | null;
}

/** The stream of one order. `awaiting`: refunds came before the purchase that they name. */
export type PurchaseState = { readonly status: 'unknown' } | AwaitingPurchase | RecordedPurchase;

function evolve(state: PurchaseState, event: Happening<PurchaseEvent>): PurchaseState {
  switch (event.type) {
    case 'PurchaseRecorded': {
      const { contentHash, ...content } = event.data;
      const { source, orderId } = content;
      if (state.status === 'recorded') throw impossible(event, state, 'it is recorded');
      if (state.status === 'awaiting') expectOrder(event, state, source, orderId);
      return {
        status: 'recorded',
        source,
        orderId,
        content,
        contentHash,
        customerId: event.customerId,
        occurredAt: event.occurredAt,
        claimedBy: null,
        refunds: state.status === 'awaiting' ? state.refunds : [],
        conflicts: state.status === 'awaiting' ? state.conflicts : [],
      };
    }
    case 'RefundRecorded': {
      const { source, refundId, originalOrderId, currency, lines, contentHash } = event.data;
      if (originalOrderId === undefined) throw impossible(event, state, 'it names no purchase');
      const refund = {
        source,
        refundId,
        currency,
        lines,
        contentHash,
        customerId: event.customerId,
        occurredAt: event.occurredAt,
      };
      if (state.status === 'unknown') {
        return { status: 'awaiting', source, orderId: originalOrderId, refunds: [refund], conflicts: [] };
      }
      expectOrder(event, state, source, originalOrderId);
      if (refundOf(state, event.data) !== undefined) throw impossible(event, state, 'the refund is recorded');
      return { ...state, refunds: [...state.refunds, refund] };
    }
    case 'PurchaseClaimed': {
      if (state.status !== 'recorded') throw impossible(event, state, 'there is no purchase');
      expectOrder(event, state, event.data.source, event.data.orderId);
      if (state.customerId !== null || state.claimedBy !== null) throw impossible(event, state, 'it has a customer');
      if (event.customerId === null) throw impossible(event, state, 'nobody claims it');
      return { ...state, claimedBy: event.customerId };
    }
    case 'FactConflictDetected':
      if (state.status === 'unknown') throw impossible(event, state, 'nothing stands that it differs from');
      return { ...state, conflicts: withConflict(state.conflicts, event) };
    default:
      return event satisfies never;
  }
}

function impossible(event: PurchaseEvent, state: PurchaseState, why: string): ImpossibleEventError {
  return new ImpossibleEventError(event.type, state.status, why);
}

function expectOrder(event: PurchaseEvent, state: AwaitingPurchase | RecordedPurchase, source: string, id: string) {
  if (state.source !== source || state.orderId !== id) throw impossible(event, state, 'it is of another order');
}

function refundOf(state: PurchaseState, { source, refundId }: { source: string; refundId: string }) {
  if (state.status === 'unknown') return undefined;
  return state.refunds.find((refund) => refund.refundId === refundId && refund.source === source);
}

export interface RecordPurchase extends FactCommand<'PurchaseRecorded'> {
  readonly type: 'RecordPurchase';
}

/** A refund whose `originalOrderId` is this order; its id has been reserved in the refund's own stream. */
export interface RecordRefund extends FactCommand<'RefundRecorded'> {
  readonly type: 'RecordRefund';
}

export interface ClaimPurchase {
  readonly type: 'ClaimPurchase';
  /** Who claims it. */
  readonly customerId: string;
  /** Name of the stream that is decided on; the claimer's history refers to it. */
  readonly purchaseStream: string;
}

export type PurchaseCommand = RecordPurchase | RecordRefund | ClaimPurchase;

function decide(command: PurchaseCommand, state: PurchaseState): Decision<PurchaseEvent> {
  switch (command.type) {
    case 'RecordPurchase':
      return recordPurchase(command, state);
    case 'RecordRefund':
      return recordRefund(command, state);
    case 'ClaimPurchase':
      return claimPurchase(command, state);
    default:
      return command satisfies never;
  }
}

function recordPurchase(command: RecordPurchase, state: PurchaseState): Decision<PurchaseEvent> {
  const { content, contentHash, customerId, occurredAt } = command;
  expectCommandFor(state, content.source, content.orderId);
  if (state.status === 'recorded' && state.contentHash === contentHash) return unchanged;
  const fault = checkLines(content.lines);
  if (fault !== undefined) return fault;
  if (state.status === 'recorded') {
    return conflict('purchase', content.source, content.orderId, command, state.conflicts);
  }
  return accepted({ type: 'PurchaseRecorded', data: { ...content, contentHash }, occurredAt, customerId });
}

function recordRefund(command: RecordRefund, state: PurchaseState): Decision<PurchaseEvent> {
  const { content, personal, contentHash, occurredAt } = command;
  if (content.originalOrderId === undefined) throw new MisroutedCommandError('the refund names no purchase');
  expectCommandFor(state, content.source, content.originalOrderId);
  const standing = refundOf(state, content);
  if (standing?.contentHash === contentHash) return unchanged;
  const fault = checkLines(content.lines);
  if (fault !== undefined) return fault;
  if (standing !== undefined && state.status !== 'unknown') {
    return conflict('refund', content.source, content.refundId, command, state.conflicts);
  }
  // A claim gives the purchase's refunds to the claimer, those too that come after it.
  const customerId = command.customerId ?? (state.status === 'recorded' ? state.claimedBy : null);
  return accepted<RefundRecorded>({
    type: 'RefundRecorded',
    data: { ...content, contentHash },
    ...personalOf(personal),
    occurredAt,
    customerId,
  });
}

function claimPurchase(command: ClaimPurchase, state: PurchaseState): Decision<PurchaseEvent> {
  const { customerId, purchaseStream } = command;
  if (state.status !== 'recorded') return reject('not-found', 'there is no such purchase');
  const { source, orderId, occurredAt } = state;
  if (state.customerId === customerId || state.claimedBy === customerId) return unchanged;
  if (state.customerId !== null) return reject('not-anonymous', `the purchase ${orderId} of ${source} has a customer`);
  if (state.claimedBy !== null) {
    const submission = { content: {}, contentHash: customerId, customerId, occurredAt };
    const events = conflictEvents('claim', source, orderId, submission, state.conflicts);
    return reject('already-claimed', `another customer has claimed the purchase ${orderId} of ${source}`, { events });
  }
  return accepted({ type: 'PurchaseClaimed', data: { source, orderId, purchaseStream }, occurredAt, customerId });
}

function expectCommandFor(state: PurchaseState, source: string, orderId: string): void {
  if (state.status === 'unknown' || (state.source === source && state.orderId === orderId)) return;
  throw new MisroutedCommandError('the command is for another order');
}

export const purchaseDecider: Decider<PurchaseState, PurchaseCommand, PurchaseEvent> = {
  initialState: { status: 'unknown' },
  evolve,
  decide,
};
