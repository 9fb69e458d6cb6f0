import type { Filter, Json } from './port.ts';
import { isArray, isObject } from './values.ts';

/** A filter from outside may nest $and, $or, $not and $elemMatch this deep. */
const MAX_FILTER_DEPTH = 5;
/** A filter from outside may be this long as JSON, in UTF-8 bytes. */
const MAX_FILTER_BYTES = 4096;

export type FilterErrorCode =
  | 'filter-not-json'
  | 'filter-too-large'
  | 'filter-too-deep'
  | 'filter-operator-unknown'
  | 'filter-field-invalid'
  | 'filter-value-invalid';

/** Raised for a filter outside the supported language. `pointer` is a JSON pointer to the offending part. */
export class FilterError extends Error {
  readonly code: FilterErrorCode;
  readonly pointer: string;
  readonly detail: string;
  constructor(code: FilterErrorCode, pointer: string, detail: string, options?: ErrorOptions) {
    super(`${pointer === '' ? 'filter' : pointer}: ${detail}`, options);
    this.name = 'FilterError';
    this.code = code;
    this.pointer = pointer;
    this.detail = detail;
  }
}

export type Scalar = null | boolean | number | string;
/** What a comparison by order takes: only values of the same type are compared, so null makes no sense. */
export type Comparable = boolean | number | string;

/** A test of the values that a field has. */
export type Test =
  | { readonly op: 'eq'; readonly value: Scalar }
  | { readonly op: 'in'; readonly values: readonly Scalar[] }
  | { readonly op: 'gt' | 'gte' | 'lt' | 'lte'; readonly value: Comparable }
  | { readonly op: 'exists' }
  | { readonly op: 'not'; readonly tests: readonly Test[] }
  /** Some item of the array passes all tests. */
  | { readonly op: 'item'; readonly tests: readonly Test[] }
  /** Some item of the array is an object that meets the condition. */
  | { readonly op: 'itemWith'; readonly condition: Condition };

/** A filter, understood. */
export type Condition =
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'field'; readonly path: string; readonly test: Test };

/**
 * Reads a filter from outside: JSON text, or what was parsed from it.
 * @throws {FilterError} for anything that is not in the closed subset, or exceeds its limits
 */
export function parseFilter(input: unknown): Filter {
  const filter: unknown = typeof input === 'string' ? parseJson(input) : input;
  if (!isFilter(filter)) throw invalid('', 'must be an object');
  // First, since it bounds how deep the object is.
  understandFilter(filter, MAX_FILTER_DEPTH);
  if (Buffer.byteLength(JSON.stringify(filter)) > MAX_FILTER_BYTES) throw tooLarge();
  return filter;
}

/**
 * Understands a filter, without the limits of what comes from outside.
 * @throws {FilterError}
 */
export function understandFilter(filter: Filter, maxDepth: number = Number.POSITIVE_INFINITY): Condition {
  return condition(filter, '', maxDepth);
}

function parseJson(text: string): unknown {
  if (Buffer.byteLength(text) > MAX_FILTER_BYTES) throw tooLarge();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notJson(cause);
  }
}

function isFilter(value: unknown): value is Filter {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function condition(filter: Json | undefined, pointer: string, depth: number): Condition {
  if (!isObject(filter)) throw invalid(pointer, 'must be an object');
  const parts = Object.entries(filter).map(([key, value]): Condition => {
    const at = `${pointer}/${escapePointer(key)}`;
    if (key === '$and' || key === '$or') return combination(key === '$and' ? 'and' : 'or', value, at, depth);
    if (key.startsWith('$')) throw unknownOperator(at, key);
    checkPath(key, at);
    return field(key, value, at, depth);
  });
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { op: 'and', of: parts };
}

function combination(op: 'and' | 'or', value: Json, pointer: string, depth: number): Condition {
  const inner = deeper(depth, pointer);
  if (!isArray(value) || value.length === 0) throw invalid(pointer, 'must be a list of at least one filter');
  return { op, of: value.map((part, i) => condition(part, `${pointer}/${i}`, inner)) };
}

function field(path: string, value: Json, pointer: string, depth: number): Condition {
  if (!isObject(value)) return { op: 'field', path, test: { op: 'eq', value: scalar(value, pointer) } };
  const of = tests(value, pointer, depth).map((test): Condition => ({ op: 'field', path, test }));
  return of.length === 1 && of[0] !== undefined ? of[0] : { op: 'and', of };
}

function tests(operators: { readonly [key: string]: Json }, pointer: string, depth: number): readonly Test[] {
  const entries = Object.entries(operators);
  if (entries.length === 0) throw invalid(pointer, 'must have at least one operator');
  return entries.map(([name, value]) => test(name, value, `${pointer}/${escapePointer(name)}`, depth));
}

function test(name: string, value: Json, pointer: string, depth: number): Test {
  switch (name) {
    case '$eq':
      return { op: 'eq', value: scalar(value, pointer) };
    case '$ne':
      return { op: 'not', tests: [{ op: 'eq', value: scalar(value, pointer) }] };
    case '$gt':
      return { op: 'gt', value: comparable(value, pointer) };
    case '$gte':
      return { op: 'gte', value: comparable(value, pointer) };
    case '$lt':
      return { op: 'lt', value: comparable(value, pointer) };
    case '$lte':
      return { op: 'lte', value: comparable(value, pointer) };
    case '$in':
      return { op: 'in', values: scalars(value, pointer) };
    case '$nin':
      return { op: 'not', tests: [{ op: 'in', values: scalars(value, pointer) }] };
    case '$exists':
      if (typeof value !== 'boolean') throw invalid(pointer, 'must be true or false');
      return value ? { op: 'exists' } : { op: 'not', tests: [{ op: 'exists' }] };
    case '$not':
      if (!isObject(value)) throw invalid(pointer, 'must be an object of operators');
      return { op: 'not', tests: tests(value, pointer, deeper(depth, pointer)) };
    case '$elemMatch':
      return elemMatch(value, pointer, deeper(depth, pointer));
    default:
      throw name.startsWith('$')
        ? unknownOperator(pointer, name)
        : invalid(pointer, 'a field is compared with a value or with operators; write nested fields as a dot path');
  }
}

function elemMatch(value: Json, pointer: string, depth: number): Test {
  if (!isObject(value) || Object.keys(value).length === 0) throw invalid(pointer, 'must be a filter or operators');
  const [first = ''] = Object.keys(value);
  if (first.startsWith('$') && first !== '$and' && first !== '$or') {
    return { op: 'item', tests: tests(value, pointer, depth) };
  }
  return { op: 'itemWith', condition: condition(value, pointer, depth) };
}

function scalar(value: Json | undefined, pointer: string): Scalar {
  if (value === undefined || (typeof value === 'object' && value !== null)) {
    throw invalid(pointer, 'must be a string, number, boolean or null');
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalid(pointer, 'must be a finite number');
  return value;
}

function scalars(value: Json, pointer: string): readonly Scalar[] {
  if (!isArray(value)) throw invalid(pointer, 'must be a list of strings, numbers, booleans or null');
  return value.map((item, i) => scalar(item, `${pointer}/${i}`));
}

function comparable(value: Json, pointer: string): Comparable {
  const result = scalar(value, pointer);
  if (result === null) throw invalid(pointer, 'must be a string, number or boolean');
  return result;
}

/**
 * Checks a dot path of a field.
 * @throws {FilterError}
 */
export function checkPath(path: string, pointer: string): void {
  const wrong = path.split('.').some((name) => name === '' || name.startsWith('$') || name === '__proto__');
  if (wrong || path.includes('\0') || !path.isWellFormed()) {
    throw new FilterError('filter-field-invalid', pointer, 'must be a field name or a dot path of names');
  }
}

function deeper(depth: number, pointer: string): number {
  if (depth === 0) throw new FilterError('filter-too-deep', pointer, `nests more than ${MAX_FILTER_DEPTH} deep`);
  return depth - 1;
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function invalid(pointer: string, detail: string): FilterError {
  return new FilterError('filter-value-invalid', pointer, detail);
}

function unknownOperator(pointer: string, name: string): FilterError {
  return new FilterError('filter-operator-unknown', pointer, `the operator ${name} is not supported here`);
}

function notJson(cause: unknown): FilterError {
  return new FilterError('filter-not-json', '', 'must be JSON', { cause });
}

function tooLarge(): FilterError {
  return new FilterError('filter-too-large', '', `must be at most ${MAX_FILTER_BYTES} bytes`);
}
