import { type FactType, isFactType } from '@tenure/contracts';
import { Problem } from '../http/problem.ts';

/** A fact may have that many bytes, by whichever way it comes. */
export const maxFactBytes = 1024 * 1024;

/** @throws {Problem} `not-json` */
export function parseFactJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notJson(error);
  }
}

/** @throws {Problem} `invalid` */
export function factObject(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalidFact('', 'must be an object with a type and the body of a fact');
}

/** @throws {Problem} `invalid`, naming those that are `known` here */
export function checkFactType(type: unknown, known: Iterable<FactType>): FactType {
  if (isFactType(type)) return type;
  throw invalidFact('/type', `must be one of ${[...known].join(', ')}`);
}

export function invalidFact(pointer: string, detail: string): Problem {
  return new Problem('invalid', 'The fact is not valid', { errors: [{ pointer, detail }] });
}

function notJson(cause: unknown): Problem {
  return new Problem('not-json', 'The fact is not JSON', { cause });
}
