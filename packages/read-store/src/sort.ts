import type { Document, Json, SortKey } from './port.ts';
import { compareStrings, type Found, isArray, isObject, splitPath, visitPath } from './values.ts';

/**
 * What an empty array sorts as: below null. It occurs in cursors, so it is a JSON value itself.
 */
const EMPTY: readonly Json[] = [];

/** MongoDB's order of types. */
function rank(value: Json): number {
  if (value === null) return 1;
  switch (typeof value) {
    case 'number':
      return 2;
    case 'string':
      return 3;
    case 'boolean':
      return 6;
    default:
      if (!isArray(value)) return 4;
      return value.length === 0 ? 0 : 5;
  }
}

/** Orders any two values: null, numbers, strings (by UTF-8 bytes), objects, arrays, booleans. */
export function compareValues(a: Json, b: Json): number {
  if (a === b) return 0;
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (isArray(a) && isArray(b)) return compareLists(a, b);
  if (isObject(a) && isObject(b)) return compareObjects(a, b);
  return 0;
}

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareValues(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Field by field as they come: type, then name, then value. */
function compareObjects(a: { readonly [key: string]: Json }, b: { readonly [key: string]: Json }): number {
  const left = Object.entries(a);
  const right = Object.entries(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [nameA, valueA] = left[i] as [string, Json];
    const [nameB, valueB] = right[i] as [string, Json];
    const order = rank(valueA) - rank(valueB) || compareStrings(nameA, nameB) || compareValues(valueA, valueB);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/**
 * The value a document sorts by: missing is null; of several values (arrays) the least ascending, the greatest
 * descending; an empty array is `[]`, which comes before null.
 */
export function sortValue(document: Document, field: string, direction: 1 | -1): Json {
  return extreme(document as { readonly [key: string]: Json }, splitPath(field), direction);
}

function extreme(document: { readonly [key: string]: Json }, path: readonly string[], direction: 1 | -1): Json {
  let best: Json | undefined;
  const take = (value: Json): void => {
    if (best === undefined || compareValues(value, best) * direction < 0) best = value;
  };
  visitPath(document, path, (found: Found) => {
    if (!isArray(found)) take(found ?? null);
    else if (found.length === 0) take(EMPTY);
    else for (const item of found) take(item);
    return false;
  });
  return best ?? null;
}

/** The sort with its tie-breaker: ends with `_id`, since nothing after that can matter. */
export function totalOrder(sort: readonly SortKey[] = []): readonly SortKey[] {
  const end = sort.findIndex((key) => key.field === '_id');
  return end === -1 ? [...sort, { field: '_id', direction: 1 }] : sort.slice(0, end + 1);
}

/** A document's place in a sorted list: its values of the sort fields, then its `_id`; what `after` takes. */
export function placeOf(document: Document, sort: readonly SortKey[] = []): readonly Json[] {
  return [...sort.map((key) => sortValue(document, key.field, key.direction)), document._id];
}

/** Orders two places (see `placeOf`) of one sort. */
export function comparePlaces(a: readonly Json[], b: readonly Json[], sort: readonly SortKey[] = []): number {
  for (const [i, key] of sort.entries()) {
    const order = compareValues(a[i] ?? null, b[i] ?? null) * key.direction;
    if (order !== 0) return order;
  }
  return compareValues(a[sort.length] ?? null, b[sort.length] ?? null);
}

/** Sorts documents, and drops those up to and including the place `after`. */
export function sortDocuments<D extends Document>(
  documents: Iterable<D>,
  sort: readonly SortKey[] = [],
  after?: readonly Json[],
): readonly D[] {
  const rows: { readonly place: readonly Json[]; readonly document: D }[] = [];
  for (const document of documents) {
    const place = placeOf(document, sort);
    if (after === undefined || comparePlaces(place, after, sort) > 0) rows.push({ place, document });
  }
  return rows.sort((a, b) => comparePlaces(a.place, b.place, sort)).map((row) => row.document);
}
