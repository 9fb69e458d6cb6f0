import { ReadStoreError } from '../errors.ts';
import type { FindOptions, Json, SortKey } from '../port.ts';
import { totalOrder } from '../sort.ts';
import { isArray } from '../values.ts';
import { allOf, type MongoCondition, storedPath } from './conditions.ts';

/** The sort with its tie-breaker, each field once, as MongoDB takes it. A map, since objects put numbers first. */
export function mongoSort(sort: readonly SortKey[] | undefined): Map<string, 1 | -1> {
  const fields = new Map<string, 1 | -1>();
  for (const { field, direction } of totalOrder(sort)) {
    if (!fields.has(storedPath(field))) fields.set(storedPath(field), direction);
  }
  return fields;
}

/** @throws {ReadStoreError} `read-store-misuse` for a field that is no dot path, or an `after` that does not fit */
export function checkOrder({ sort = [], after }: FindOptions): void {
  for (const { field } of sort) {
    if (field.split('.').some((name) => name === '' || name.startsWith('$')) || field.includes('\0')) {
      throw new ReadStoreError('read-store-misuse', `cannot sort by ${JSON.stringify(field)}`);
    }
  }
  if (after === undefined) return;
  if (after.length !== sort.length + 1 || typeof after.at(-1) !== 'string') {
    throw new ReadStoreError('read-store-misuse', '"after" must have a value for each sort field, and an _id');
  }
}

/**
 * What comes after a place in the order, where no document has an array on the way to a sort field: what shares the
 * place's first values and is beyond the next one. Undefined for the place of a document that has one.
 */
export function conditionAfter(sort: readonly SortKey[], after: readonly Json[]): MongoCondition | undefined {
  if (after.some(isArray)) return undefined;
  const order = totalOrder(sort);
  const place = order.map((_, i) => after[Math.min(i, sort.length)] ?? null);
  const equal: MongoCondition[] = [];
  const alternatives: MongoCondition[] = [];
  for (const [i, { field, direction }] of order.entries()) {
    const path = storedPath(field);
    const value = place[i] ?? null;
    // Ids are texts.
    const beyonds = field === '_id' ? [{ [direction === 1 ? '$gt' : '$lt']: value }] : beyondOf(value, direction);
    for (const beyond of beyonds) alternatives.push(allOf([...equal, { [path]: beyond }]));
    equal.push({ [path]: { $eq: value } });
  }
  const [only] = alternatives;
  return alternatives.length === 1 ? only : { $or: alternatives };
}

/** All types of values that can be at a sort field, in order. */
const TYPES = ['null', 'number', 'string', 'object', 'bool'] as const;

/** Conditions on a field, none of which two documents share: what is of the same type, and what is of another. */
function beyondOf(value: Json, direction: 1 | -1): readonly MongoCondition[] {
  const type = typeOf(value);
  const at = TYPES.indexOf(type);
  const others = direction === 1 ? TYPES.slice(at + 1) : TYPES.slice(0, at);
  const conditions: MongoCondition[] = type === 'null' ? [] : [{ [direction === 1 ? '$gt' : '$lt']: value }];
  const [first, ...rest] = others;
  // Missing counts as null.
  if (first === 'null') conditions.push({ $eq: null }, ...(rest.length === 0 ? [] : [{ $type: rest }]));
  else if (first !== undefined) conditions.push({ $type: others });
  return conditions;
}

function typeOf(value: Json): (typeof TYPES)[number] {
  if (value === null) return 'null';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return 'object';
}
