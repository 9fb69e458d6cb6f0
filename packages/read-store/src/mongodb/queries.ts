import { setTimeout } from 'node:timers/promises';
import {
  BSON,
  type Collection,
  type FindCursor,
  type FindOptions as MongoFindOptions,
  MongoServerError,
} from 'mongodb';
import type { Document, Filter, FindOptions, IndexDefinition, Json, Pipeline } from '../port.ts';
import { comparePlaces, placeOf, totalOrder } from '../sort.ts';
import { orderFields } from './array-paths.ts';
import { asFilter, bothOf, type MongoCondition, mongoFilter } from './conditions.ts';
import { checkOrder, conditionAfter, mongoSort } from './places.ts';
import { toJson } from './results.ts';
import { mongoPipeline } from './stages.ts';
import { GUARD, type StoredDocument } from './stored-document.ts';

/** Rows of a stream's first page, */
const FIRST_PAGE_ROWS = 50;
/** and of any. */
const MAX_PAGE_ROWS = 200;
/** As many rows are asked for as would have this many bytes, going by the page before. */
const PAGE_BYTES = 2 ** 20;
/** How many sorted places are gathered beyond the limit before all but the first are dropped. */
const SLACK = 2_000;
const SNAPSHOT_UNAVAILABLE = 246;
const SNAPSHOT_TRIES = 10;
const SNAPSHOT_PAUSE_MS = 20;

export interface QueriesParts {
  readonly documents: Collection<StoredDocument>;
  readonly timeoutMs: number;
  /** What is declared: a hint, for a reader does not look what is there. */
  readonly indexes: readonly IndexDefinition[];
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

/** Where a stream goes on: pages by place, or ids in order. */
type StreamStart = { readonly after: readonly Json[] | undefined } | { readonly ids: readonly string[] };

interface Page {
  readonly rows: readonly Document[];
  /** Undefined at the end. */
  readonly next: StreamStart | undefined;
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

  /** The pages of what `find` gives. Each request goes through `run`. */
  async *stream(
    options: FindOptions,
    run: <T>(work: () => Promise<T>) => Promise<T>,
  ): AsyncGenerator<readonly Document[]> {
    const plan = planOf(options);
    let left = plan.limit;
    let size = FIRST_PAGE_ROWS;
    let start: StreamStart | undefined = this.#isSeekable(options)
      ? { after: options.after }
      : { ids: await run(() => this.#ids(plan)) };
    while (left > 0 && start !== undefined) {
      const at: StreamStart = start;
      const limit = Math.min(left, size);
      const page: Page = await run(() =>
        'ids' in at ? this.#pageOfIds(plan, at.ids, limit) : this.#pageAfter(plan, at.after, limit),
      );
      left -= page.rows.length;
      size = nextPageRows(page.rows);
      start = page.next;
      if (page.rows.length > 0) yield page.rows;
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

  /** The ids of what a query finds, in order: what a stream has to remember where no index gives its order. */
  #ids(plan: Plan): Promise<readonly string[]> {
    const ids = (cursor: FindCursor<Document>): Promise<string[]> => cursor.map(({ _id }) => _id).toArray();
    return this.#ordered(
      plan,
      (from) => this.#read(from, { ...sorted(plan), projection: { _id: 1 } }, ids),
      () => this.#sortHere(plan, orderProjection(plan), ({ _id }) => _id),
    );
  }

  /** The next of the ids, so far as they still pass the filter. */
  async #pageOfIds(plan: Plan, ids: readonly string[], limit: number): Promise<Page> {
    const asked = ids.slice(0, limit);
    const places = new Map(asked.map((id, i) => [id, i]));
    const condition = bothOf({ _id: { $in: asked } }, plan.filter);
    const rows = await this.#read(condition, { projection: WHOLE }, (cursor) => cursor.toArray());
    rows.sort((a, b) => (places.get(a._id) ?? 0) - (places.get(b._id) ?? 0));
    return { rows, next: ids.length > limit ? { ids: ids.slice(limit) } : undefined };
  }

  async #pageAfter(plan: Plan, after: readonly Json[] | undefined, limit: number): Promise<Page> {
    const rows = await this.find({ ...plan.options, limit, ...(after && { after }) });
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { rows, next: last && { after: placeOf(last, plan.options.sort) } };
  }

  /** Whether an index gives an order, so that each page begins where the one before it ended. */
  #isSeekable({ sort }: FindOptions): boolean {
    const order = totalOrder(sort);
    if (order.length === 1) return true;
    if (order.some(({ direction }) => direction === -1)) return false;
    return this.#parts.indexes.some(({ fields }) => order.every(({ field }, i) => field === (fields[i] ?? '_id')));
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
  const from = rest && bothOf(filter, rest);
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

/** Rows to ask for next, by the size of the last ones. */
function nextPageRows(rows: readonly Document[]): number {
  const bytes = rows.reduce((sum, row) => sum + BSON.calculateObjectSize(row), 0);
  const fitting = Math.floor((PAGE_BYTES * rows.length) / Math.max(bytes, 1));
  return Math.min(Math.max(fitting, 1), MAX_PAGE_ROWS);
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
