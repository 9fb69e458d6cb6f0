import type { Position } from '@tenure/event-store';
import type { RecordedEvent } from './recorded-event.ts';

/** How far a customer's events have brought their documents. */
export interface DocumentMoves {
  /** The last event that moved them. */
  changedAt: Position;
  /** The instant that they show: the last fact, or the last timer that fired. */
  until: number;
}

/**
 * Takes one more event, in log order. Derivations that follow from facts say nothing that the documents don't show since
 * the fact; those that time alone brought about move them on.
 */
export function noteMove(moves: DocumentMoves, event: RecordedEvent): void {
  if (isNobodys(event)) return;
  const until = shownFrom(event);
  if (until > moves.until) moves.until = until;
  else if (isDerivation(event)) return;
  if (event.position > moves.changedAt) moves.changedAt = event.position;
}

/** The position of what a history comes to: what the documents have once they have all of it. */
export function lastMove(events: Iterable<RecordedEvent>): Position {
  const moves: DocumentMoves = { changedAt: '', until: 0 };
  for (const event of events) noteMove(moves, event);
  return moves.changedAt;
}

/** A conflict over a purchase of nobody known: whoever has claimed it is not told, and no document of theirs shows it. */
function isNobodys({ type, customerId }: RecordedEvent): boolean {
  return type === 'FactConflictDetected' && customerId === null;
}

/** The instant that an event brings the customer's documents to. */
function shownFrom(event: RecordedEvent): number {
  switch (event.type) {
    case 'AttributesChanged':
      return Math.max(...event.data.changes.map((change) => Date.parse(change.observedAt)));
    case 'KeyLinked':
    case 'PurchaseClaimed':
    case 'FactConflictDetected':
      return 0;
    default:
      return event.occurredAt;
  }
}

function isDerivation(event: RecordedEvent): boolean {
  switch (event.type) {
    case 'StageChanged':
    case 'StageRestated':
    case 'TierChanged':
    case 'LoyaltyRestated':
    case 'PointsEarned':
    case 'PointsTakenBack':
    case 'PointsExpired':
      return true;
    default:
      return false;
  }
}
