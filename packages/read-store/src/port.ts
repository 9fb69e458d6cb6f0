/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A whole document. `_id` is unique within its collection. */
export interface Document {
  readonly _id: string;
  readonly [field: string]: Json | undefined;
}

/** An index over fields (dot paths), in that order, ties by `_id`. */
export interface IndexDefinition {
  readonly fields: readonly string[];
}

export interface CollectionDefinition {
  readonly name: string;
  readonly indexes: readonly IndexDefinition[];
}

/**
 * A filter in a closed subset of MongoDB's language, with its meaning: $eq $ne $gt $gte $lt $lte $in $nin $exists $and
 * $or $not $elemMatch. Fields are dot paths; an array on the way stands for the objects in it, at the end for its items.
 * Values are compared with strings, numbers, booleans and null; $gt, $gte, $lt and $lte with values of the same type
 * alone. `parseFilter` reads one from outside: at most 5 deep and 4 KiB.
 */
export type Filter = { readonly [key: string]: Json };

/**
 * Null < numbers < strings < objects < arrays < booleans. Missing sorts as null, strings by UTF-8 bytes, ties by `_id`
 * ascending. Of an array's values the least counts ascending, the greatest descending; an empty one is below null.
 */
export interface SortKey {
  readonly field: string;
  readonly direction: 1 | -1;
}

export interface FindOptions {
  readonly filter?: Filter;
  readonly sort?: readonly SortKey[];
  readonly limit?: number;
  /** Continue after a row: its values of the sort fields, then its `_id`; see `placeOf`. */
  readonly after?: readonly Json[];
}

/**
 * Aggregation stages in MongoDB's form: $match $group $sort $limit $project $unwind $count. Accumulators: $sum $avg $min
 * $max $count. Expressions: "$field", plain values, $literal $add $subtract $multiply $divide $mod $floor $abs $eq $ne
 * $gt $gte $lt $lte $and $or $not $cond $ifNull. Without a $sort results come in any order.
 */
export type Pipeline = readonly { readonly [stage: string]: Json }[];

/**
 * Replace a document whole, or remove it (`document: null`), if what is stored was folded from `expected`.
 * `guard` is what the new document was folded from: a position, or the positions of all linked ids joined.
 * `expected: null` means there is no document yet.
 */
export interface GuardedReplace {
  readonly collection: string;
  readonly id: string;
  readonly document: Document | null;
  readonly guard: string;
  readonly expected: string | null;
}

/** Raised when a guard does not match: nothing of the batch was written; read and fold again. */
export class GuardMismatchError extends Error {
  readonly code = 'guard-mismatch';
  readonly mismatches: readonly { readonly collection: string; readonly id: string }[];
  constructor(mismatches: readonly { collection: string; id: string }[]) {
    super(`${mismatches.length} document(s) changed since they were read`);
    this.name = 'GuardMismatchError';
    this.mismatches = mismatches;
  }
}

/** A document with what it was folded from. */
export interface Guarded<D extends Document = Document> {
  readonly document: D;
  readonly guard: string;
}

export interface WriteBatch {
  /** Applied in their order. */
  readonly replaces: readonly GuardedReplace[];
  /** Checkpoints (as JSON) that hold once this batch is applied; written with it. Key: the consumer's name. */
  readonly checkpoints?: Readonly<Record<string, Json>>;
}

/**
 * One version of the views: a set of collections. Reads are of what was committed; `write` is atomic on an engine that
 * can, else ordered: documents before checkpoints. Reads throw `FilterError` and `PipelineError` for what is not in the
 * language, all methods `ReadStoreError`.
 */
export interface ViewSet {
  /** Name of the version, part of every cursor. */
  readonly version: string;
  get<D extends Document = Document>(collection: string, id: string): Promise<Guarded<D> | undefined>;
  /** Like `get`, as JSON text: cheaper where it is only handed on. */
  getRaw(collection: string, id: string): Promise<{ readonly json: string; readonly guard: string } | undefined>;
  getMany<D extends Document = Document>(
    collection: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Guarded<D>>>;
  find<D extends Document = Document>(collection: string, options?: FindOptions): Promise<readonly D[]>;
  /**
   * What `find` gives, in pages, so that memory stays bounded; the next page is read when it is asked for. A document
   * that does not change is given once; one that does may be given as it was or as it is, or not at all.
   */
  stream<D extends Document = Document>(collection: string, options?: FindOptions): AsyncIterable<readonly D[]>;
  aggregate<R extends object = Record<string, Json>>(collection: string, pipeline: Pipeline): Promise<readonly R[]>;
  count(collection: string, filter?: Filter): Promise<number>;
  checkpoint(consumer: string): Promise<Json | undefined>;
  /** @throws {GuardMismatchError} and writes nothing */
  write(batch: WriteBatch): Promise<void>;
  /** Waits for the reads that run. Closes it for everyone who has opened this version of this store. */
  close(): Promise<void>;
}

/** Versions of the views, one of them current. */
export interface ReadStore {
  /**
   * Opens a version; a writer creates it if absent, and brings it to the declared collections and indexes. Opened again
   * it is the same one, with more collections if they are declared. To open a version once more for each request is cheap.
   */
  open(version: string, collections: readonly CollectionDefinition[]): Promise<ViewSet>;
  /** The version that readers use; undefined before the first `switchTo`. */
  current(): Promise<string | undefined>;
  /** Makes a version the current one, in one step, durably. */
  switchTo(version: string): Promise<void>;
  versions(): Promise<readonly string[]>;
  /** Removes a version that is neither current nor open here. */
  drop(version: string): Promise<void>;
  /** Closes all that is open. */
  close(): Promise<void>;
}
