import type { Position } from './port.ts';

/** Decimal digits of a SQLite log's positions; EventStoreDB's are hexadecimal, and the first half says where. */
const DIGITS = 16;

/**
 * How much of the log from its beginning to `head` lies before a position, from 0 to 1: by events on SQLite, by bytes on
 * EventStoreDB. For telling progress, nothing else.
 */
export function shareOfLog(position: Position | null, head: Position | null): number {
  if (head === null) return 1;
  if (position === null) return 0;
  const [part, whole] = [placeOf(position), placeOf(head)];
  return whole === 0 ? 1 : Math.min(1, part / whole);
}

function placeOf(position: Position): number {
  return Number.parseInt(position.slice(0, DIGITS), position.length === DIGITS ? 10 : 16);
}
