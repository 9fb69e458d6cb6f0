import { Long } from 'mongodb';
import type { Json } from '../port.ts';

/** What MongoDB has computed, as JSON: its 64-bit integers are numbers, -0 is 0, and what is no number is null. */
export function toJson(value: unknown): Json {
  if (value instanceof Long) return value.toNumber();
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJson(inner)]));
}
