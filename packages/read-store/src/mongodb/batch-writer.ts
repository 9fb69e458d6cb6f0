import type { AnyBulkWriteOperation, ClientSession, Collection, MongoClient } from 'mongodb';
import { type GuardedReplace, GuardMismatchError, type WriteBatch } from '../port.ts';
import type { CheckpointRow } from './catalogue.ts';
import { isDuplicateKey } from './errors.ts';
import { guardAfter, keyOf, mismatchesOf, type NetChange, netChanges } from './net-changes.ts';
import { GUARD, type StoredDocument, toStored } from './stored-document.ts';
import { inTransaction } from './transaction.ts';

/** Times that a batch whose guards match is tried again because it was refused for them. */
const MAX_DISAGREEMENTS = 20;

/** A collection that a batch writes. */
export interface WrittenCollection {
  readonly documents: Collection<StoredDocument>;
  /** Notes where documents hold arrays, before they are written. */
  noteArrays(paths: ReadonlySet<string>): Promise<void>;
}

export interface BatchWriterParts {
  readonly client: MongoClient;
  readonly checkpoints: Collection<CheckpointRow>;
  /** @throws {ReadStoreError} `collection-unknown` */
  readonly collection: (name: string) => WrittenCollection;
}

/** The operations on one collection, and how many documents they must meet. */
interface CollectionWrites {
  readonly collection: WrittenCollection;
  readonly operations: AnyBulkWriteOperation<StoredDocument>[];
}

class GuardsDiffer extends Error {}

/**
 * Writes batches, each in a transaction. Every operation names the guard it expects, so that one request a collection
 * both checks and writes; which guards differ is looked up only when some do.
 */
export class BatchWriter {
  readonly #parts: BatchWriterParts;

  constructor(parts: BatchWriterParts) {
    this.#parts = parts;
  }

  /**
   * Applies a batch: its documents, and the checkpoints that hold with them.
   * @throws {GuardMismatchError} naming all documents whose guard differs; nothing is written
   * @throws {ReadStoreError} `collection-unknown`, `read-store-misuse`; nothing is written
   */
  async apply({ replaces, checkpoints = {} }: WriteBatch): Promise<void> {
    for (const { collection } of replaces) this.#parts.collection(collection);
    const changes = netChanges(replaces);
    if (changes === undefined) throw await this.#mismatch(replaces);
    const writes = await this.#writesOf(changes);
    const rows = Object.entries(checkpoints).map(([_id, value]) => ({ _id, json: JSON.stringify(value) }));
    if (writes.length === 0 && rows.length === 0) return;
    for (let tries = 0; ; tries++) {
      try {
        await this.#write(writes, rows, changes);
        return;
      } catch (reason) {
        if (!(reason instanceof GuardsDiffer)) throw reason;
        const mismatch = await this.#mismatch(replaces);
        if (mismatch.mismatches.length > 0) throw mismatch;
        // Somebody changed them, and back again.
        if (tries === MAX_DISAGREEMENTS) throw reason;
      }
    }
  }

  async #write(writes: readonly CollectionWrites[], rows: readonly CheckpointRow[], changes: readonly NetChange[]) {
    await inTransaction(this.#parts.client, async ({ session, maybeDone }) => {
      if (maybeDone && (await this.#isDone(changes, rows, session))) return;
      for (const { collection, operations } of writes) await writeAll(collection.documents, operations, session);
      if (rows.length === 0) return;
      const upserts = rows.map(({ _id, json }) => ({
        replaceOne: { filter: { _id }, replacement: { json }, upsert: true },
      }));
      await this.#parts.checkpoints.bulkWrite(upserts, { session, ordered: true });
    });
  }

  async #writesOf(changes: readonly NetChange[]): Promise<readonly CollectionWrites[]> {
    const writes = new Map<string, CollectionWrites & { readonly arrays: Set<string> }>();
    for (const change of changes) {
      let write = writes.get(change.collection);
      if (write === undefined) {
        write = { collection: this.#parts.collection(change.collection), operations: [], arrays: new Set() };
        writes.set(change.collection, write);
      }
      const { operations, arrays } = write;
      operations.push(...operationsOf(change, (path) => arrays.add(path)));
    }
    for (const { collection, arrays } of writes.values()) await collection.noteArrays(arrays);
    return [...writes.values()];
  }

  async #mismatch(replaces: readonly GuardedReplace[]): Promise<GuardMismatchError> {
    return new GuardMismatchError(mismatchesOf(replaces, await this.#guards(replaces)));
  }

  /** Whether all that a batch would write is there: an attempt that had no answer was committed. */
  async #isDone(
    changes: readonly NetChange[],
    rows: readonly CheckpointRow[],
    session: ClientSession,
  ): Promise<boolean> {
    const guards = await this.#guards(changes, session);
    if (changes.some((change) => (guards.get(keyOf(change)) ?? null) !== guardAfter(change))) return false;
    for (const { _id, json } of rows) {
      if ((await this.#parts.checkpoints.findOne({ _id }, { session }))?.json !== json) return false;
    }
    return true;
  }

  /** The guards of stored documents, by `keyOf`. */
  async #guards(
    places: readonly { readonly collection: string; readonly id: string }[],
    session?: ClientSession,
  ): Promise<ReadonlyMap<string, string>> {
    const guards = new Map<string, string>();
    for (const collection of new Set(places.map((place) => place.collection))) {
      const ids = places.filter((place) => place.collection === collection).map((place) => place.id);
      const { documents } = this.#parts.collection(collection);
      const options = { projection: { [GUARD]: 1 }, ...(session && { session }) };
      for await (const row of documents.find({ _id: { $in: ids } }, options)) {
        guards.set(keyOf({ collection, id: row._id }), row[GUARD]);
      }
    }
    return guards;
  }
}

/** @throws {GuardsDiffer} when not every operation met the document it expects */
async function writeAll(
  documents: Collection<StoredDocument>,
  operations: AnyBulkWriteOperation<StoredDocument>[],
  session: ClientSession,
): Promise<void> {
  try {
    const result = await documents.bulkWrite(operations, { session, ordered: true });
    const met = result.insertedCount + result.matchedCount + result.deletedCount;
    if (met !== operations.length) throw new GuardsDiffer();
  } catch (reason) {
    if (isDuplicateKey(reason)) throw new GuardsDiffer('', { cause: reason });
    throw reason;
  }
}

function operationsOf(
  { id, document, guard, expected }: NetChange,
  arrays: (path: string) => void,
): readonly AnyBulkWriteOperation<StoredDocument>[] {
  if (document === null) {
    const remove = { deleteOne: { filter: { _id: id, [GUARD]: expected ?? guard } } };
    // That there is none is shown by one that can be put there.
    return expected === null ? [{ insertOne: { document: { _id: id, [GUARD]: guard } } }, remove] : [remove];
  }
  const stored = toStored(document, guard, arrays);
  if (expected === null) return [{ insertOne: { document: stored } }];
  return [{ replaceOne: { filter: { _id: id, [GUARD]: expected }, replacement: stored } }];
}
