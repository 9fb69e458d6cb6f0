import { isDeepStrictEqual } from 'node:util';

export interface FieldDifference {
  /** By dot path; empty for the whole. */
  readonly field: string;
  readonly served: unknown;
  readonly expected: unknown;
}

const mostFields = 20;

/** Where two JSON values part, by dot path, the first twenty places. Arrays are compared whole. */
export function fieldDifferences(served: unknown, expected: unknown): readonly FieldDifference[] {
  return [...differing('', served, expected)].slice(0, mostFields);
}

function* differing(field: string, served: unknown, expected: unknown): Generator<FieldDifference> {
  if (isDeepStrictEqual(served, expected)) return;
  if (!isGroup(served) || !isGroup(expected)) {
    yield { field, served: served ?? null, expected: expected ?? null };
    return;
  }
  for (const name of new Set([...Object.keys(served), ...Object.keys(expected)])) {
    yield* differing(field === '' ? name : `${field}.${name}`, served[name], expected[name]);
  }
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
