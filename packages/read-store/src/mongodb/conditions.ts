import type { Filter as MongoFilter } from 'mongodb';
import { FilterError, understandFilter } from '../filter.ts';
import type { Filter, Json } from '../port.ts';
import { isArray, isObject } from '../values.ts';
import { GUARD, type StoredDocument } from './stored-document.ts';

/** A condition in MongoDB's language. */
export type MongoCondition = { readonly [key: string]: unknown };

/**
 * A filter of the port, on stored documents. The language is MongoDB's own, so it is passed on as it is, but for paths
 * that would lead to the guard.
 * @throws {FilterError}
 */
export function mongoFilter(filter: Filter = {}): MongoCondition {
  understandFilter(filter);
  return condition(filter, storedPath);
}

/**
 * A filter of the port, on what a stage before it has made.
 * @throws {FilterError}
 */
export function mongoStageFilter(filter: Filter): MongoCondition {
  understandFilter(filter);
  return condition(filter, (path) => path);
}

/** As one object where that can be said: it is what an index is found for most easily. */
export function bothOf(a: MongoCondition, b: MongoCondition): MongoCondition {
  const shared = Object.keys(a).some((key) => Object.hasOwn(b, key));
  return shared ? { $and: [a, b] } : { ...a, ...b };
}

/** For the driver, which types filters by the fields of a collection. */
export function asFilter(condition: MongoCondition): MongoFilter<StoredDocument> {
  return condition as MongoFilter<StoredDocument>;
}

/** Where a caller's field is in a stored document: the guard is text, so what is asked of it is asked of a missing field. */
export function storedPath(path: string): string {
  return path === GUARD || path.startsWith(`${GUARD}.`) ? `${GUARD}.none` : path;
}

function condition(filter: Filter, place: (path: string) => string): MongoCondition {
  const parts = Object.entries(filter).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    if (key !== '$and' && key !== '$or') return fieldTests(place(key), value);
    return [[key, (isArray(value) ? value : []).map((part) => (isObject(part) ? condition(part, place) : part))]];
  });
  const names = new Set(parts.map(([name]) => name));
  // Two tests may have come to the same place.
  return names.size === parts.length ? Object.fromEntries(parts) : { $and: parts.map(([k, v]) => ({ [k]: v })) };
}

/**
 * The tests of a field. That a nested one is null or missing is asked as a double negation, for which no index is used:
 * SecantusDB, unlike MongoDB, has no entry for an object in an array that lacks the field, and would not find it.
 */
function fieldTests(path: string, value: Json): readonly (readonly [string, unknown])[] {
  if (!path.includes('.')) return [[path, test(value)]];
  const tests = Object.entries(isObject(value) ? value : { $eq: value });
  const ofNull = tests.filter(([name, operand]) => asksForNull(name, operand));
  const others = tests.filter(([name, operand]) => !asksForNull(name, operand));
  return [
    ...(others.length === 0 ? [] : [[path, test(Object.fromEntries(others))] as const]),
    ...ofNull.map(([name, operand]) => [path, { $not: test({ [name === '$eq' ? '$ne' : '$nin']: operand }) }] as const),
  ];
}

function asksForNull(name: string, operand: Json): boolean {
  return (name === '$eq' && operand === null) || (name === '$in' && isArray(operand) && operand.includes(null));
}

function test(value: Json): unknown {
  if (!isObject(value)) return wellFormed(value);
  return Object.fromEntries(Object.entries(value).map(([name, operand]) => [name, operator(name, operand)]));
}

function operator(name: string, operand: Json): unknown {
  if (name === '$elemMatch' && isObject(operand)) {
    const [first = ''] = Object.keys(operand);
    const isTest = first.startsWith('$') && first !== '$and' && first !== '$or';
    return isTest ? test(operand) : condition(operand, (path) => path);
  }
  return isArray(operand) ? operand.map(wellFormed) : test(operand);
}

/** BSON would turn half of a pair of surrogates into U+FFFD, which is another text. */
function wellFormed(value: Json): Json {
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new FilterError('filter-value-invalid', '', 'texts must be well-formed Unicode');
  }
  // JSON knows no -0.
  return value === 0 ? 0 : value;
}
