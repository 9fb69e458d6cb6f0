import { ReadStoreError } from '../errors.ts';
import type { Document, GuardedReplace } from '../port.ts';

/** What a batch does to one document, all of its replaces taken together. */
export interface NetChange {
  readonly collection: string;
  readonly id: string;
  /** The guard that the stored document must have; null: there must be none. */
  readonly expected: string | null;
  /** What it becomes; null: it is removed, or stays away. */
  readonly document: Document | null;
  readonly guard: string;
}

type Place = Pick<GuardedReplace, 'collection' | 'id'>;

/**
 * What a batch does to each document it names, once; undefined if its replaces of one document do not follow each other.
 * @throws {ReadStoreError} `read-store-misuse`
 */
export function netChanges(replaces: readonly GuardedReplace[]): readonly NetChange[] | undefined {
  const changes = new Map<string, NetChange>();
  for (const { collection, id, document, guard, expected } of replaces) {
    checkId(id, document);
    const key = keyOf({ collection, id });
    const before = changes.get(key);
    if (before !== undefined && guardAfter(before) !== expected) return undefined;
    changes.set(key, { collection, id, document, guard, expected: before === undefined ? expected : before.expected });
  }
  return [...changes.values()];
}

/**
 * The replaces whose guard differs from what is stored, or from what the batch has made of it before.
 * @param stored guards by `keyOf`
 */
export function mismatchesOf(
  replaces: readonly GuardedReplace[],
  stored: ReadonlyMap<string, string>,
): readonly { readonly collection: string; readonly id: string }[] {
  const guards = new Map(stored);
  const mismatches: Place[] = [];
  for (const { collection, id, document, guard, expected } of replaces) {
    const key = keyOf({ collection, id });
    if ((guards.get(key) ?? null) !== expected) mismatches.push({ collection, id });
    else if (document === null) guards.delete(key);
    else guards.set(key, guard);
  }
  return mismatches;
}

export function keyOf({ collection, id }: Place): string {
  return JSON.stringify([collection, id]);
}

/** The guard that a change leaves behind. */
export function guardAfter({ document, guard }: Pick<NetChange, 'document' | 'guard'>): string | null {
  return document === null ? null : guard;
}

function checkId(id: string, document: Document | null): void {
  if (document !== null && document._id !== id) {
    throw new ReadStoreError('read-store-misuse', `document ${document._id} replaces ${id}`);
  }
  if (!id.isWellFormed()) throw new ReadStoreError('read-store-misuse', 'an id must be well-formed Unicode');
}
