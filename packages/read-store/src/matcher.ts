import { type Comparable, type Condition, type Scalar, type Test, understandFilter } from './filter.ts';
import type { Document, Filter, Json } from './port.ts';
import { compareValues } from './sort.ts';
import { type Found, isArray, isObject, splitPath, type Visit, visitPath } from './values.ts';

export type Matcher = (document: Document) => boolean;

/**
 * Compiles a filter with MongoDB's meaning. mingo's own filters differ from it where strings go beyond U+D7FF, and where
 * dot paths lead through arrays whose items lack the field, so the embedded store would not answer as MongoDB does.
 * @throws {FilterError}
 */
export function compileFilter(filter: Filter = {}): Matcher {
  const test = compileCondition(understandFilter(filter));
  return (document) => test(document as { readonly [key: string]: Json });
}

type Predicate = (value: Found) => boolean;

/** A predicate over a whole document (or an item of an array that is one). */
function compileCondition(condition: Condition): Predicate {
  if (condition.op === 'field') {
    const path = splitPath(condition.path);
    return compileTest(condition.test, path);
  }
  const parts = condition.of.map(compileCondition);
  return condition.op === 'and'
    ? (value) => parts.every((part) => part(value))
    : (value) => parts.some((part) => part(value));
}

function compileTest(test: Test, path: readonly string[]): Predicate {
  switch (test.op) {
    case 'not': {
      const parts = test.tests.map((inner) => compileTest(inner, path));
      return (value) => !parts.every((part) => part(value));
    }
    case 'item':
    case 'itemWith': {
      const accepts = itemPredicate(test);
      return (value) => visitPath(value, path, (found) => isArray(found) && found.some(accepts));
    }
    case 'exists':
      return (value) => visitPath(value, path, (found) => found !== undefined);
    default: {
      const accepts = valuePredicate(test);
      // An array at the end stands for its items; no value of the language equals an array itself.
      const visit: Visit = (found, picked) => (isArray(found) && !picked ? found.some(accepts) : accepts(found));
      return (value) => visitPath(value, path, visit);
    }
  }
}

/** An item of an array is tested as it is: an array within it does not stand for its items. */
function itemPredicate(test: Test): Predicate {
  switch (test.op) {
    case 'itemWith': {
      const accepts = compileCondition(test.condition);
      return (item) => isObject(item) && accepts(item);
    }
    case 'item': {
      const parts = test.tests.map(innerItemPredicate);
      return (item) => parts.every((part) => part(item));
    }
    default:
      return innerItemPredicate(test);
  }
}

function innerItemPredicate(test: Test): Predicate {
  switch (test.op) {
    case 'not': {
      const parts = test.tests.map(innerItemPredicate);
      return (item) => !parts.every((part) => part(item));
    }
    case 'exists':
      return (item) => item !== undefined;
    case 'item':
    case 'itemWith': {
      const accepts = itemPredicate(test);
      return (item) => isArray(item) && item.some(accepts);
    }
    default:
      return valuePredicate(test);
  }
}

function valuePredicate(test: Exclude<Test, { op: 'not' | 'item' | 'itemWith' | 'exists' }>): Predicate {
  switch (test.op) {
    case 'eq':
      return equals(test.value);
    case 'in': {
      const wanted = new Set<Found>(test.values);
      if (wanted.has(null)) wanted.add(undefined);
      return (value) => wanted.has(value);
    }
    default:
      return ordered(test.op, test.value);
  }
}

function equals(wanted: Scalar): Predicate {
  return wanted === null ? (value) => value === null || value === undefined : (value) => value === wanted;
}

/** Only values of the same type are in order with each other. */
function ordered(op: 'gt' | 'gte' | 'lt' | 'lte', bound: Comparable): Predicate {
  const accepts = {
    gt: (order: number) => order > 0,
    gte: (order: number) => order >= 0,
    lt: (order: number) => order < 0,
    lte: (order: number) => order <= 0,
  }[op];
  const type = typeof bound;
  return (value) => typeof value === type && accepts(compareValues(value as Json, bound));
}
