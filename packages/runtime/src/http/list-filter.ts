import { formatInstant, type ProblemField, parseInstant } from '@tenure/contracts';
import type { Filter, Json, SortKey } from '@tenure/read-store';
import type { z } from 'zod';
import { type FieldKind, kindOf, schemaAt } from './list-fields.ts';
import { Problem } from './problem.ts';
import { jsonPointer } from './validate.ts';

export type Comparison = '$eq' | '$ne' | '$gt' | '$gte' | '$lt' | '$lte';

/** A field that is worked out when a row is read: what is asked of it is asked of what is stored instead. */
export interface ComputedField {
  /** A filter on stored fields that says the same. */
  filter(comparison: Comparison, value: number | null): Filter;
  /** A sort by stored fields that gives the same order. */
  sort(direction: 1 | -1): readonly SortKey[];
}

/** What a list's rows are, for those who ask for some of them. */
export interface RowFields {
  readonly row: z.ZodType;
  readonly computed: Readonly<Record<string, ComputedField>>;
  /** The field that holds the document's own id, which has an index. */
  readonly key: string | undefined;
}

/**
 * A filter in terms of what is stored: instants as they are written there, computed fields rewritten.
 * @param pointer where the filter stands
 * @throws {Problem} `invalid` for a field that rows don't have, or a value that it cannot have
 */
export function storedFilter(fields: RowFields, filter: Filter, pointer: string, within = ''): Filter {
  const parts = Object.entries(filter).map(([key, value]): Filter => {
    const at = pointer + jsonPointer([key]);
    if (key === '$and' || key === '$or') {
      const inner = (value as readonly Filter[]).map((part, i) => storedFilter(fields, part, `${at}/${i}`, within));
      return { [key]: inner };
    }
    const path = within + key;
    const computed = computedField(fields, path);
    if (computed !== undefined) return computedFilter(computed, value, at);
    const schema = schemaAt(fields.row, path);
    if (schema === undefined) throw refused(at, 'is no field of these rows');
    const stored = path === fields.key ? '_id' : key;
    return { [stored]: storedTests(fields, kindOf(schema), value, at, path) };
  });
  if (parts.length === 0) return {};
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { $and: parts };
}

const mostSortFields = 5;

/** @throws {Problem} `invalid` for a field that rows don't have, or that has no order, and for too many */
export function storedSort(fields: RowFields, sort: string): readonly SortKey[] {
  const parts = sort.split(',');
  if (parts.length > mostSortFields) throw refused('/sort', `at most ${mostSortFields} fields`);
  return parts.flatMap((part) => {
    const direction = part.startsWith('-') ? -1 : 1;
    const field = direction === -1 ? part.slice(1) : part;
    const computed = computedField(fields, field);
    if (computed !== undefined) return computed.sort(direction);
    const schema = schemaAt(fields.row, field);
    if (schema === undefined) throw refused('/sort', `${field} is no field of these rows`);
    if (kindOf(schema) === 'group') throw refused('/sort', `${field} has no order; name a field in it`);
    return [{ field: field === fields.key ? '_id' : field, direction }];
  });
}

function storedTests(fields: RowFields, kind: FieldKind, value: Json, at: string, path: string): Json {
  if (!isObject(value)) return storedValue(kind, value, at);
  return Object.fromEntries(
    Object.entries(value).map(([operator, operand]): [string, Json] => {
      const here = `${at}/${operator}`;
      if (operator === '$exists') return [operator, operand];
      if (operator === '$not') return [operator, storedTests(fields, kind, operand, here, path)];
      if (operator === '$elemMatch') return [operator, storedItem(fields, kind, operand, here, path)];
      if (!Array.isArray(operand)) return [operator, storedValue(kind, operand, here)];
      return [operator, (operand as readonly Json[]).map((one, i) => storedValue(kind, one, `${here}/${i}`))];
    }),
  );
}

function storedItem(fields: RowFields, kind: FieldKind, operand: Json, at: string, path: string): Json {
  if (!isObject(operand)) return operand;
  const [first = ''] = Object.keys(operand);
  const isTests = first.startsWith('$') && first !== '$and' && first !== '$or';
  return isTests ? storedTests(fields, kind, operand, at, path) : storedFilter(fields, operand, at, `${path}.`);
}

function storedValue(kind: FieldKind, value: Json, at: string): Json {
  if (value === null || kind === 'any') return value;
  switch (kind) {
    case 'text':
      if (typeof value !== 'string') throw refused(at, 'must be a string');
      return value;
    case 'number':
      if (typeof value !== 'number') throw refused(at, 'must be a number');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw refused(at, 'must be true or false');
      return value;
    case 'instant': {
      const instant = typeof value === 'string' ? parseInstant(value) : undefined;
      if (instant === undefined) throw refused(at, 'must be an RFC 3339 date-time such as 2011-01-18T13:15:00Z');
      return formatInstant(instant);
    }
    case 'group':
      throw refused(at, 'is of an object; name a field in it by a dot path');
    default:
      return kind satisfies never;
  }
}

/** Only what was given: `constructor` is a name like any other. */
function computedField({ computed }: RowFields, name: string): ComputedField | undefined {
  return Object.hasOwn(computed, name) ? computed[name] : undefined;
}

const comparisons: ReadonlySet<string> = new Set<Comparison>(['$eq', '$ne', '$gt', '$gte', '$lt', '$lte']);

function computedFilter(computed: ComputedField, value: Json, at: string): Filter {
  const tests = isObject(value) ? Object.entries(value) : ([['$eq', value]] as const);
  const parts = tests.map(([operator, operand]): Filter => {
    const here = isObject(value) ? `${at}/${operator}` : at;
    if (!isComparison(operator)) {
      throw refused(here, 'cannot be asked of a field that depends on now; use $eq $ne $gt $gte $lt $lte');
    }
    const isNull = operand === null && (operator === '$eq' || operator === '$ne');
    if (typeof operand !== 'number' && !isNull) throw refused(here, 'must be a number');
    return computed.filter(operator, operand as number | null);
  });
  return { $and: parts };
}

function isComparison(operator: string): operator is Comparison {
  return comparisons.has(operator);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(pointer: string, detail: string): Problem {
  const errors: readonly ProblemField[] = [{ pointer, detail: `${detail} (in the query)` }];
  return new Problem('invalid', 'The query of the request is not valid', { errors });
}
