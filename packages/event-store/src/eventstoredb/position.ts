import { InvalidPositionError } from '../errors.ts';
import type { Position } from '../port.ts';

/** EventStoreDB's place of an event in its log: both numbers are needed to read on from there. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

const DIGITS = 16;
const PATTERN = /^[0-9a-f]{32}$/;

/** Before all events. */
export const BEGINNING: Position = '0'.repeat(2 * DIGITS);

/** Positions are commit and prepare position as hexadecimal digits of equal length, so they order as strings. */
export const formatPosition = ({ commit, prepare }: LogPosition): Position => hex(commit) + hex(prepare);

const hex = (number: bigint): string => number.toString(16).padStart(DIGITS, '0');

/** @throws {InvalidPositionError} */
export const parsePosition = (position: Position): LogPosition => {
  if (!PATTERN.test(position)) throw new InvalidPositionError(position);
  return { commit: BigInt(`0x${position.slice(0, DIGITS)}`), prepare: BigInt(`0x${position.slice(DIGITS)}`) };
};

export const earlierOf = (one: Position, other: Position): Position => (other < one ? other : one);

export const laterOf = (one: Position, other: Position): Position => (other > one ? other : one);
