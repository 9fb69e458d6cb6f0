import type { Json } from './port.ts';

/** What a dot path leads to in a document: a value, or nothing. */
export type Found = Json | undefined;

/** Splits a dot path. */
export function splitPath(path: string): readonly string[] {
  return path.split('.');
}

export function isArray(value: Found): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Found): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `picked`: by its number in an array, so that, if it is an array itself, it does not stand for its items. */
export type Visit = (found: Found, picked: boolean) => boolean;

/**
 * Calls `visit` with every value that a path leads to, as MongoDB does: an array on the way stands for the objects in
 * it, a whole number also picks one of its items. `undefined` stands for a missing field of an object. An array at the
 * end is visited as it is. Stops, and answers true, as soon as `visit` does.
 */
export function visitPath(value: Found, path: readonly string[], visit: Visit, from: number = 0): boolean {
  const name = path[from];
  if (name === undefined) return visit(value, false);
  if (isObject(value)) {
    // Only what the document itself holds: "constructor" is a name like any other.
    const next = Object.hasOwn(value, name) ? value[name] : undefined;
    if (next === undefined) return visit(undefined, false);
    return from + 1 === path.length ? visit(next, false) : visitPath(next, path, visit, from + 1);
  }
  if (isArray(value)) {
    if (/^\d+$/.test(name)) {
      const item = value[Number(name)];
      const last = from + 1 === path.length;
      if (item !== undefined && (last ? visit(item, true) : visitPath(item, path, visit, from + 1))) return true;
    }
    return value.some((item) => isObject(item) && visitPath(item, path, visit, from));
  }
  return visit(undefined, false);
}

/** Orders strings by the bytes of their UTF-8 form, which differs from JavaScript's own order above U+D7FF. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** A surrogate stands for a code point above all that one unit can say. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
