import { setTimeout } from 'node:timers/promises';
import {
  type Collection,
  type FindCursor,
  type FindOptions as MongoFindOptions,
  MongoNetworkError,
  MongoServerError,
} from 'mongodb';
import { ReadStoreError } from '../errors.ts';
import type { Document, Filter, FindOptions, Json, Pipeline } from '../port.ts';
import { comparePlaces, placeOf } from '../sort.ts';
import { orderFields } from './array-paths.ts';
import { allOf, asFilter, type MongoCondition, mongoFilter } from './conditions.ts';
import { checkOrder, conditionAfter, mongoSort } from './places.ts';
import { toJson } from './results.ts';
import { mongoPipeline } from './stages.ts';
import { GUARD, type StoredDocument } from './stored-document.ts';

/** Rows of a stream's page, at the most; MongoDB makes it fewer where they would have more than 16 MiB. */
const PAGE_ROWS = 200;
/** How many sorted places are gathered beyond the limit before all but the first are dropped. */
const SLACK = 2_000;
/** Codes of a server that does not go on with a cursor: not found, over its time in all, killed, its snapshot too old. */
const CURSOR_LOST = new Set([43, 50, 237, 239]);
const SNAPSHOT_UNAVAILABLE = 246;
const SNAPSHOT_TRIES = 10;
const SNAPSHOT_PAUSE_MS = 20;

export interface QueriesParts {
  readonly documents: Collection<StoredDocument>;
  readonly timeoutMs: number;
  /** Which of these fields documents may hold an array at. */
  readonly fieldsWithArrays: (fields: readonly string[]) => Promise<readonly string[]>;
}

type Projection = Readonly<Record<string, 0 | 1>>;
/** Documents as their callers know them. */
const WHOLE: Projection = { [GUARD]: 0 };
const SNAPSHOT = { readConcern: { level: 'snapshot' } } as const;

/** A query, understood. */
interface Plan {
  readonly options: FindOptions;
  readonly limit: number;
  readonly filter: MongoCondition;
  /** The same with what `after` asks for, where no sort field is an array; undefined if `after` itself has one. */
  readonly from: MongoCondition | undefined;
  /** Fields that decide the order. */
  readonly fields: readonly string[];
}

/**
 * Answers queries on one collection; each sees one state of it. MongoDB sorts as the port says, except where documents
 * hold arrays at a sort field: two such fields at once, or a place to go on after. Those few are sorted here, and so are
 * arrays on the way to a nested field, of which servers that speak MongoDB's protocol have ideas of their own.
 */
export class Queries {
  readonly #parts: QueriesParts;
  /** Fields at which there are arrays, so far as seen. They stay so. */
  readonly #withArrays = new Set<string>();

  constructor(parts: QueriesParts) {
    this.#parts = parts;
  }

  async find(options: FindOptions): Promise<readonly Document[]> {
    const plan = planOf(options);
    if (plan.limit <= 0) return [];
    return this.#ordered(
      plan,
      (from) => this.#read(from, { ...sorted(plan), projection: WHOLE }, (cursor) => cursor.toArray()),
      () => this.#sortHere(plan, WHOLE, (document) => document),
    );
  }

  /**
   * The pages of what `find` gives, on one state of the collection as long as the server keeps the cursor, then from the
   * last row on. Each request goes through `run`.
   */
  async *stream(
    options: FindOptions,
    run: <T>(work: () => Promise<T>) => Promise<T>,
  ): AsyncGenerator<readonly Document[]> {
    let rest = options;
    for (;;) {
      const plan = planOf(rest);
      if (plan.limit <= 0) return;
      const cursor = await run(() => this.#cursor(plan));
      if (cursor === undefined) return yield* this.#streamSortedHere(plan, run);
      let last: Document | undefined;
      let rows = 0;
      try {
        for (;;) {
          const page = await run(() => nextPage(cursor));
          if (page === 'lost') break;
          if (page.length === 0) return;
          yield page;
          rows += page.length;
          last = page.at(-1);
        }
      } finally {
        await cursor.close();
      }
      if (last === undefined) throw new ReadStoreError('read-store-unavailable', 'MongoDB lost a cursor at once');
      rest = { ...rest, after: placeOf(last, rest.sort), limit: plan.limit - rows };
    }
  }

  count(filter: Filter | undefined): Promise<number> {
    const condition = asFilter(mongoFilter(filter));
    const { documents, timeoutMs } = this.#parts;
    return inSnapshot(() => documents.countDocuments(condition, { maxTimeMS: timeoutMs, ...SNAPSHOT }));
  }

  async aggregate(pipeline: Pipeline): Promise<readonly Json[]> {
    const stages = mongoPipeline(pipeline);
    const { documents, timeoutMs } = this.#parts;
    const options = { maxTimeMS: timeoutMs, allowDiskUse: true, ...SNAPSHOT };
    const rows = await inSnapshot(() => documents.aggregate([...stages], options).toArray());
    return rows.map(toJson);
  }

  /**
   * Lets MongoDB sort unless arrays forbid it. Whether they do is asked afterwards: a writer notes an array before it
   * writes it, so what was not noted then was not among the rows.
   */
  async #ordered<T>(plan: Plan, there: (condition: MongoCondition) => Promise<T>, here: () => Promise<T>): Promise<T> {
    const { fields, options, from } = plan;
    const forbidden = (): boolean => {
      const held = fields.filter((field) => this.#withArrays.has(field));
      return held.length > 1 || held.some((field) => options.after !== undefined || field.includes('.'));
    };
    if (from === undefined || forbidden()) return here();
    const [field, ...others] = fields;
    if (field === undefined) return there(from);
    if (others.length === 0 && options.after === undefined && !field.includes('.')) return there(from);
    // Two arrays at once make MongoDB fail.
    const result = await there(from).then(
      (value) => ({ value }),
      (reason: unknown) => ({ reason }),
    );
    for (const held of await this.#parts.fieldsWithArrays(fields)) this.#withArrays.add(held);
    if (forbidden()) return here();
    if ('reason' in result) throw result.reason;
    return result.value;
  }

  /** Goes through all that the filter selects, and keeps the first. */
  #sortHere<T>(plan: Plan, projection: Projection, keep: (document: Document) => T): Promise<T[]> {
    const { sort = [], after } = plan.options;
    return this.#read(plan.filter, { projection }, async (cursor) => {
      let found: { readonly place: readonly Json[]; readonly kept: T }[] = [];
      const cut = (): void => {
        found = found.sort((a, b) => comparePlaces(a.place, b.place, sort)).slice(0, plan.limit);
      };
      for await (const document of cursor) {
        const place = placeOf(document, sort);
        if (after !== undefined && comparePlaces(place, after, sort) <= 0) continue;
        found.push({ place, kept: keep(document) });
        if (found.length >= plan.limit + SLACK) cut();
      }
      cut();
      return found.map(({ kept }) => kept);
    });
  }

  /** A cursor that has begun, on one state of the collection; undefined where the order has to be made here. */
  async #cursor(plan: Plan): Promise<FindCursor<Document> | undefined> {
    let begun: FindCursor<Document> | undefined;
    const cursor = await this.#ordered(
      plan,
      (from) =>
        this.#read(from, { ...sorted(plan), projection: WHOLE, batchSize: PAGE_ROWS }, async (cursor) => {
          begun = cursor;
          await cursor.hasNext();
          return cursor;
        }),
      async () => undefined,
    ).catch(async (reason: unknown) => {
      await begun?.close();
      throw reason;
    });
    if (cursor === undefined) await begun?.close();
    return cursor;
  }

  /** What a stream has to remember where the order is made here: the ids. */
  async *#streamSortedHere(
    plan: Plan,
    run: <T>(work: () => Promise<T>) => Promise<T>,
  ): AsyncGenerator<readonly Document[]> {
    const ids = await run(() => this.#sortHere(plan, orderProjection(plan), ({ _id }) => _id));
    for (let at = 0; at < ids.length; at += PAGE_ROWS) {
      const rows = await run(() => this.#pageOfIds(plan, ids.slice(at, at + PAGE_ROWS)));
      if (rows.length > 0) yield rows;
    }
  }

  /** The next of the ids, so far as they still pass the filter. */
  async #pageOfIds(plan: Plan, ids: readonly string[]): Promise<readonly Document[]> {
    const places = new Map(ids.map((id, i) => [id, i]));
    const condition = allOf([{ _id: { $in: ids } }, plan.filter]);
    const rows = await this.#read(condition, { projection: WHOLE }, (cursor) => cursor.toArray());
    return rows.sort((a, b) => (places.get(a._id) ?? 0) - (places.get(b._id) ?? 0));
  }

  #read<T>(
    condition: MongoCondition,
    options: MongoFindOptions,
    use: (cursor: FindCursor<Document>) => Promise<T>,
  ): Promise<T> {
    const { documents, timeoutMs } = this.#parts;
    return inSnapshot(() => {
      const all = { maxTimeMS: timeoutMs, allowDiskUse: true, ...SNAPSHOT, ...options };
      return use(documents.find<Document>(asFilter(condition), all));
    });
  }
}

/**
 * @throws {FilterError}
 * @throws {ReadStoreError} `read-store-misuse`
 */
function planOf(options: FindOptions): Plan {
  checkOrder(options);
  const { sort = [], after, limit = Number.POSITIVE_INFINITY } = options;
  const filter = mongoFilter(options.filter);
  const rest = after === undefined ? {} : conditionAfter(sort, after);
  const from = rest && allOf([filter, rest]);
  return { options, limit, filter, from, fields: orderFields(sort) };
}

function sorted({ options, limit }: Plan): MongoFindOptions {
  const sort = mongoSort(options.sort);
  return limit === Number.POSITIVE_INFINITY ? { sort } : { sort, limit };
}

/** What the place of a document is taken from. A path is cut short, since MongoDB does not project items by number. */
function orderProjection({ options: { sort = [] } }: Plan): Projection {
  return Object.fromEntries([['_id', 1], ...sort.map(({ field }) => [field.split('.')[0] ?? field, 1])]);
}

/** The rows that come next, none at the end. */
async function nextPage(cursor: FindCursor<Document>): Promise<readonly Document[] | 'lost'> {
  try {
    return (await cursor.hasNext()) ? cursor.readBufferedDocuments() : [];
  } catch (reason) {
    // The server that knew it may have gone.
    if (reason instanceof MongoNetworkError) return 'lost';
    if (reason instanceof MongoServerError && CURSOR_LOST.has(Number(reason.code))) return 'lost';
    throw reason;
  }
}

/** Tries again while a collection or an index is so new that MongoDB has no snapshot of it. */
async function inSnapshot<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (reason) {
      const isNew = reason instanceof MongoServerError && reason.code === SNAPSHOT_UNAVAILABLE;
      if (!isNew || tries === SNAPSHOT_TRIES) throw reason;
      await setTimeout(SNAPSHOT_PAUSE_MS);
    }
  }
}
