import { asOfQuery, instantParameter, listQuery } from '@tenure/contracts';
import {
  type Document,
  decodeCursor,
  encodeCursor,
  type Filter,
  type FindOptions,
  type Json,
  type ListIdentity,
  parseFilter,
  placeOf,
  type ViewSet,
} from '@tenure/read-store';
import { z } from 'zod';
import { withoutBuild } from '../views/view-version.ts';
import { refuseAsOf } from './as-of.ts';
import { kindOf, singleFields } from './list-fields.ts';
import { type ComputedField, type RowFields, storedFilter, storedSort } from './list-filter.ts';
import { answerList, type ListQuery, type ListResponse, listResponse } from './lists.ts';
import type { RawAnswer } from './route.ts';

/** What a list of a collection can be asked, checked. */
export interface CollectionQuery extends ListQuery {
  readonly sort?: string | undefined;
  readonly filter?: string | undefined;
  readonly asOf?: string | undefined;
  readonly knownAt?: string | undefined;
  /** Fields of the rows. */
  readonly [field: string]: unknown;
}

export interface ListOptions<S extends z.ZodObject, D extends Document> {
  /** Its documents hold the fields of the rows under their names, instants as RFC 3339 in UTC with milliseconds. */
  readonly collection: string;
  readonly row: S;
  readonly description: string;
  /** The field of the rows that is the id of their document, if there is one. */
  readonly key?: string;
  /** Order without `sort`; as in a query. */
  readonly order: string;
  /** A row of a document; without it, the document without what begins with `_`. */
  readonly rowOf?: (document: D) => z.input<S>;
}

/** Where the documents are. */
export type ListedViews = Pick<ViewSet, 'version' | 'find' | 'stream'>;

/** A list of a collection's documents, with the filters, sorts, pages and media types that all lists have. */
export interface List<S extends z.ZodObject> {
  /** Of the route. */
  readonly query: z.ZodType<CollectionQuery>;
  /** Of the route. */
  readonly response: ListResponse<S>;
  /**
   * @param computed fields of the rows that no document holds, by name
   * @throws {Problem} `invalid` for a sort that cannot be; `as-of-unsupported`
   * @throws {FilterError} {CursorError} which are `invalid` too
   */
  answer(
    request: { readonly contentType: string; readonly query: CollectionQuery },
    views: ListedViews,
    computed?: Readonly<Record<string, ComputedField>>,
  ): Promise<RawAnswer & { readonly status: 200 }>;
}

export function defineList<S extends z.ZodObject, D extends Document = Document>(options: ListOptions<S, D>): List<S> {
  const { collection, row, description, order, key } = options;
  const rowOf = options.rowOf ?? ((document: D) => withoutOwn(document) as z.input<S>);
  const single = singleFields(row).filter(([name]) => !(name in listQuery.shape));
  const parameters = Object.fromEntries(single.map(([name, field]) => [name, parameterOf(field)]));
  const response = listResponse(row, description);

  return {
    query: listQuery.extend({ ...asOfQuery.shape, ...parameters }),
    response,
    async answer(request, views, computed = {}) {
      const { query } = request;
      refuseAsOf(query);
      const fields: RowFields = { row, computed, key };
      const named = namedFilter(query, Object.keys(parameters));
      const given = query.filter === undefined ? {} : parseFilter(query.filter);
      const filter = both(storedFilter(fields, named, ''), storedFilter(fields, given, '/filter'));
      const sort = storedSort(fields, query.sort ?? order);
      // What was asked, not what became of it: a computed field's filter moves on with the clock.
      const identity: ListIdentity = { collection, filter: both(named, given), sort };
      // Another build of the same views has the same rows in the same order, so that lists go on over a rebuild.
      const version = withoutBuild(views.version);
      const from = (cursor: string | undefined): FindOptions =>
        cursor === undefined ? { filter, sort } : { filter, sort, after: decodeCursor(cursor, version, identity) };
      return answerList<object>(request, response, {
        page: async (limit, cursor) => {
          const found = await views.find<D>(collection, { ...from(cursor), limit: limit + 1 });
          const last = found[limit - 1];
          const isLast = last === undefined || found.length <= limit;
          return {
            items: found.slice(0, limit).map((document) => rowOf(document) as object),
            nextCursor: isLast ? null : encodeCursor(version, identity, placeOf(last, sort)),
          };
        },
        async *stream(cursor) {
          for await (const page of views.stream<D>(collection, from(cursor))) {
            yield page.map((document) => rowOf(document) as object);
          }
        },
      });
    },
  };
}

/** What the query asks of fields by their names. */
function namedFilter(query: CollectionQuery, names: readonly string[]): Filter {
  return Object.fromEntries(names.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name] as Json]])));
}

function both(one: Filter, other: Filter): Filter {
  if (Object.keys(one).length === 0) return other;
  return Object.keys(other).length === 0 ? one : { $and: [one, other] };
}

const number = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : value),
  z.number(),
);
const boolean = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

/** A field as it is written in a query. */
function parameterOf(field: z.ZodType): z.ZodType {
  switch (kindOf(field)) {
    case 'number':
      return number.optional();
    case 'boolean':
      return boolean.optional();
    case 'instant':
      return instantParameter.optional();
    default:
      return field instanceof z.ZodEnum ? field.optional() : z.string().min(1).max(500).optional();
  }
}

function withoutOwn(document: Document): object {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !name.startsWith('_')));
}
