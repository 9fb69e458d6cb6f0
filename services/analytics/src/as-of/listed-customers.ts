import { satisfactionBand, stage } from '@tenure/contracts';
import { noTier, type Policies } from '@tenure/domain';
import {
  compileFilter,
  type Document,
  type Filter,
  type FindOptions,
  type Json,
  type SortKey,
  sortDocuments,
  type ViewSet,
} from '@tenure/read-store';
import { type ListedViews, Problem, type ServiceContext } from '@tenure/runtime';
import { type CustomerDocument, customerDocument } from '../projections/customer-document.ts';
import { type StandingDocument, standingOf, standingsCollection } from '../projections/standings.ts';
import { type FoldedCustomer, foldCustomers, type Instants, mostFolded } from './fold-customer.ts';
import { type StandingsAsOf, standingsAsOf, standingThen } from './standings-as-of.ts';

/** A customer's document; of another instant than now if it says so, in ms. */
export type ListedCustomer = CustomerDocument & { readonly _asOf?: number };

/** What a list of customers as of an instant is read from. */
interface Source {
  readonly context: ServiceContext;
  readonly views: ViewSet;
  readonly instants: Instants & { readonly now: number };
  readonly standings: StandingsAsOf;
  readonly policies: Policies;
}

/**
 * Customers as documents of an instant: who comes into question is told by the standings, everything else is folded from
 * the log, in order of their ids a page at a time; in any other order all of them at once, if they are not too many.
 */
export async function listedCustomers(
  context: ServiceContext,
  { asOf, knownAt }: Instants,
  policies: Policies,
  version: string,
): Promise<ListedViews> {
  const views = context.views.current();
  const instants = { asOf, knownAt, now: context.clock.now() };
  const source: Source = {
    context,
    views,
    instants,
    standings: await standingsAsOf(context, views, instants),
    policies,
  };
  return {
    version: `${version} ${views.version}`,
    find: async <D extends Document>(_collection: string, options: FindOptions = {}) => {
      const found: Document[] = [];
      for await (const page of pagesOf(source, options, mostFolded)) {
        found.push(...page);
        if (found.length >= (options.limit ?? Number.POSITIVE_INFINITY)) break;
      }
      return found.slice(0, options.limit) as readonly Document[] as readonly D[];
    },
    async *stream<D extends Document>(_collection: string, options: FindOptions = {}) {
      yield* pagesOf(source, options, Number.POSITIVE_INFINITY) as AsyncIterable<readonly D[]>;
    },
  };
}

/** @param most customers that are folded to find them */
async function* pagesOf(
  source: Source,
  { filter = {}, sort = [], after }: FindOptions,
  most: number,
): AsyncGenerator<readonly Document[]> {
  const matches = compileFilter(filter);
  const isById = sort.every(({ field, direction }) => (field === '_id' || field === 'id') && direction === 1);
  let folded = 0;
  const all: Document[] = [];
  for await (const ids of candidates(source, filter, isById ? idIn(after) : undefined)) {
    folded += ids.length;
    if (folded > (isById ? most : mostFolded)) throw tooMany(isById, sort);
    const page: Document[] = [];
    const { context, instants, policies } = source;
    for await (const customer of foldCustomers(context, ids, instants, policies)) {
      const document = documentOf(customer);
      // An alias of another customer is that customer's.
      if (ids.includes(document._id) && matches(document)) page.push(document);
    }
    if (isById) yield sortDocuments(page, sort, after);
    else all.push(...page);
  }
  if (!isById) yield sortDocuments(all, sort, after);
}

function documentOf({ state, ids, position }: FoldedCustomer): Document {
  const { _id, ...rest } = customerDocument(state, ids, position, { revision: -1, knownAt: 0, policiesAt: 0 });
  return { _id, _asOf: state.until, ...(JSON.parse(JSON.stringify(rest)) as Record<string, Json>) };
}

function idIn(after: FindOptions['after']): string | undefined {
  const id = after?.at(-1);
  return typeof id === 'string' ? id : undefined;
}

function tooMany(isById: boolean, sort: readonly SortKey[]): Problem {
  const pointer = isById ? '/filter' : '/sort';
  const detail = isById
    ? `does not find enough among ${mostFolded} customers: ask for a stage, a tier or a band besides`
    : `by ${sort.map(({ field }) => field).join(', ')} takes more than ${mostFolded} customers: sort by id, or ask for fewer`;
  return new Problem('as-of-unsupported', 'Too many customers would have to be folded from the log', {
    errors: [{ pointer, detail }],
  });
}

const candidatesAtOnce = 64;

/** Ids of all who may pass a filter, rising, a few at a time. */
async function* candidates(
  { views, instants, standings }: Source,
  filter: Filter,
  after: string | undefined,
): AsyncGenerator<readonly string[]> {
  const excepted = [...standings.excepted].filter((id) => after === undefined || id > after).sort();
  const then = standingThen(standingIn(filter), instants);
  let last = after;
  for (;;) {
    // A customer's own rows begin with their id and a slash, which comes before any digit.
    const beyond: Filter = last === undefined ? then : { $and: [{ _id: { $gt: `${last}0` } }, then] };
    const page = await views.find<StandingDocument>(standingsCollection, {
      filter: beyond,
      sort: [{ field: '_id', direction: 1 }],
      limit: candidatesAtOnce,
    });
    const end = page.at(-1)?.customerId;
    const ids = new Set(page.map(({ customerId }) => customerId).filter((id) => !standings.excepted.has(id)));
    while (excepted[0] !== undefined && (end === undefined || excepted[0] <= end)) ids.add(excepted.shift() ?? '');
    if (ids.size > 0) yield [...ids].sort();
    if (end === undefined) return;
    last = end;
  }
}

/** What must have stood for whoever passes a filter: the most telling of what it asks for, else just any stage. */
function standingIn(filter: Filter): Json {
  const asked = Object.entries(filter).flatMap(([key, value]) =>
    key === '$and' ? (value as readonly Filter[]).flatMap((part) => Object.entries(part)) : [[key, value] as const],
  );
  for (const [field, value] of asked) {
    const wanted = typeof value === 'string' ? value : equalTo(value);
    if (wanted === undefined) continue;
    if (field === 'stage' || (field === 'tier' && wanted !== noTier)) return standingOf(field, wanted);
    if (field === 'satisfactionBand' && satisfactionBand.safeParse(wanted).success) {
      return standingOf('satisfaction', wanted);
    }
  }
  return { $in: stage.options.map((value) => standingOf('stage', value)) };
}

function equalTo(tests: Json | undefined): string | undefined {
  if (typeof tests !== 'object' || tests === null || !('$eq' in tests)) return undefined;
  return typeof tests.$eq === 'string' ? tests.$eq : undefined;
}
