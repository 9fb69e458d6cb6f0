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

/** For the driver, which types filters by the fields of a collection. */
export function asFilter(condition: MongoCondition): MongoFilter<StoredDocument> {
  return condition as MongoFilter<StoredDocument>;
}

/** Where a caller's field is in a stored document: the guard is text, so what is asked of it is asked of a missing field. */
export function storedPath(path: string): string {
  return path === GUARD || path.startsWith(`${GUARD}.`) ? `${GUARD}.none` : path;
}

function condition(filter: Filter, place: (path: string) => string, tests = testsApart): MongoCondition {
  const parts = Object.entries(filter).flatMap(([key, value]): readonly MongoCondition[] => {
    if (key !== '$and' && key !== '$or') return tests(place(key), value).map((one) => ({ [place(key)]: one }));
    const those = (isArray(value) ? value : []).map((part) => (isObject(part) ? condition(part, place, tests) : {}));
    return key === '$and' ? those : [{ $or: those }];
  });
  return allOf(parts);
}

/** As one object where that can be said: SecantusDB finds no index for an $and, and goes through all there is. */
export function allOf(conditions: readonly MongoCondition[]): MongoCondition {
  const parts = conditions.flatMap((one) => Object.entries(one));
  const names = new Set(parts.map(([name]) => name));
  return names.size === parts.length ? Object.fromEntries(parts) : { $and: parts.map(([k, v]) => ({ [k]: v })) };
}

/**
 * The tests of a field, each by itself: different items of an array may pass them, which SecantusDB, unlike MongoDB,
 * forgets when it looks for a range in an index. That a nested field is null or missing is asked as a double negation,
 * for which no index is used: SecantusDB has no entry for an object in an array that lacks the field.
 */
function testsApart(path: string, value: Json): readonly object[] {
  if (!isObject(value)) return testsApart(path, { $eq: value });
  const isNested = path.includes('.');
  return Object.entries(value).map(([name, operand]) =>
    isNested && asksForNull(name, operand)
      ? { $not: { [name === '$eq' ? '$ne' : '$nin']: operator(name, operand) } }
      : { [name]: operator(name, operand) },
  );
}

/** The tests of a field of an array's item as one where that can be said: there SecantusDB knows no $and. */
function testsOfItem(path: string, value: Json): readonly object[] {
  const tests = testsApart(path, value);
  const names = new Set(tests.flatMap(Object.keys));
  return names.size === tests.length ? [Object.assign({}, ...tests)] : tests;
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
    return isTest ? test(operand) : condition(operand, (path) => path, testsOfItem);
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
