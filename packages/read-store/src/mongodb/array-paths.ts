import type { SortKey } from '../port.ts';
import { totalOrder } from '../sort.ts';

/** A collection that has arrays at more paths than this counts as one that may have them anywhere. */
const MAX_PATHS = 500;
/** Stands for every path. */
const ANYWHERE = '*';

/**
 * Where documents of a collection hold arrays, as its writers have noted it: dot paths, which only grow. MongoDB cannot
 * index two arrays of a document together, nor sort by them, and what is beyond a value is another question for an array.
 */
export class ArrayPaths {
  readonly #paths: Set<string>;

  constructor(paths: Iterable<string> = []) {
    this.#paths = new Set(paths);
  }

  has(path: string): boolean {
    return this.#paths.has(path) || this.#paths.has(ANYWHERE);
  }

  all(): readonly string[] {
    return [...this.#paths];
  }

  add(paths: Iterable<string>): void {
    for (const path of paths) this.#paths.add(path);
  }

  /** What to note for paths that are new here: themselves, or that there are too many. */
  toNote(found: ReadonlySet<string>): readonly string[] {
    return this.#paths.size + found.size > MAX_PATHS ? [ANYWHERE] : [...found];
  }

  /** Whether an array may be on the way to a field. */
  mayHold(field: string): boolean {
    return waysTo(field).some((path) => this.#paths.has(path));
  }
}

/** The paths where an array would give a field several values. */
export function waysTo(field: string): readonly string[] {
  const names = field.split('.');
  // A number may pick an item of an array, which is at the same path as the array.
  const others = names.filter((name) => !/^\d+$/.test(name));
  return [...new Set([...prefixes(names), ...prefixes(others), ANYWHERE])];
}

function prefixes(names: readonly string[]): readonly string[] {
  return names.map((_, i) => names.slice(0, i + 1).join('.'));
}

/** The fields that an order goes by, but for the id; one that comes up and down comes twice. */
export function orderFields(sort: readonly SortKey[] | undefined): readonly string[] {
  return totalOrder(sort).flatMap(({ field }) => (field === '_id' ? [] : [field]));
}
