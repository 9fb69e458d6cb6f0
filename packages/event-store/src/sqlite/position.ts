import { InvalidPositionError } from '../errors.ts';
import type { Position } from '../port.ts';

const DIGITS = 16;
const PATTERN = /^[0-9]{16}$/;

/** Positions are row ids as decimal digits of equal length, so they order as strings. 0 is the beginning. */
export const formatPosition = (position: number): Position => String(position).padStart(DIGITS, '0');

/** @throws {InvalidPositionError} */
export const parsePosition = (position: Position): number => {
  if (!PATTERN.test(position)) throw new InvalidPositionError(position);
  return Number(position);
};
