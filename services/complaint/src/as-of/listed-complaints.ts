import type { ComplaintItem } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import { compileFilter, type Document, type Filter, type FindOptions, sortDocuments } from '@tenure/read-store';
import { type AsOf, eventsAsOf, type ListedViews, Problem, type ServiceContext, streamName } from '@tenure/runtime';
import { complaintItemOf } from '../complaint-view.ts';
import { complaintsCollection } from '../projections/complaints.ts';

/** So many complaints are folded for one page: that takes a few seconds. */
const mostFolded = 10_000;
const foldedAtOnce = 64;
/** What no step changes: in an order by these, complaints are folded a page at a time. */
const lasting: ReadonlySet<string> = new Set([
  '_id',
  'id',
  'source',
  'complaintId',
  'customerId',
  'severity',
  'channel',
  'orderId',
  'filedAt',
]);

type ComplaintDocument = ComplaintItem & { readonly _id: string };

/** Complaints as documents of an instant, folded from their streams; of what was filed by then the documents tell. */
export function listedComplaints(context: ServiceContext, instants: AsOf, asked: string): ListedViews {
  const views = context.views.current();
  const { asOf = context.clock.now() } = instants;
  const folded = async (page: readonly Document[]): Promise<readonly Document[]> => {
    const then: Document[] = [];
    for (let start = 0; start < page.length; start += foldedAtOnce) {
      const some = page.slice(start, start + foldedAtOnce);
      then.push(...(await Promise.all(some.map((document) => foldComplaint(context, document, instants)))).flat());
    }
    return then;
  };

  /** @param most complaints that are folded to find them */
  async function* pages(options: FindOptions, most: number): AsyncGenerator<readonly Document[]> {
    const { filter = {}, sort = [], after, limit = Number.POSITIVE_INFINITY } = options;
    const matches = compileFilter(filter);
    const isLasting = sort.every(({ field }) => lasting.has(field));
    const wasFiled: Filter = { $and: [{ filedAt: { $lte: isoInstant(asOf) } }, ...lastingTests(filter)] };
    const order: FindOptions = isLasting ? { sort, ...(after === undefined ? {} : { after }) } : {};
    const all: Document[] = [];
    let count = 0;
    let found = 0;
    for await (const page of views.stream<ComplaintDocument>(complaintsCollection, { filter: wasFiled, ...order })) {
      count += page.length;
      if (count > (isLasting ? most : mostFolded)) throw tooMany(isLasting);
      const then = (await folded(page)).filter((document) => matches(document));
      found += then.length;
      if (!isLasting) all.push(...then);
      else if (then.length > 0) yield then;
      if (isLasting && found >= limit) return;
    }
    if (!isLasting) yield sortDocuments(all, sort, after);
  }

  return {
    version: `${asked} ${views.version}`,
    find: async <D extends Document>(_collection: string, options: FindOptions = {}) => {
      const found: Document[] = [];
      for await (const page of pages(options, mostFolded)) found.push(...page);
      return found.slice(0, options.limit) as readonly Document[] as readonly D[];
    },
    async *stream<D extends Document>(_collection: string, options: FindOptions = {}) {
      yield* pages(options, Number.POSITIVE_INFINITY) as AsyncIterable<readonly D[]>;
    },
  };
}

/** What a filter asks of fields that no step changes. */
function lastingTests(filter: Filter): readonly Filter[] {
  return Object.entries(filter).flatMap(([key, value]): readonly Filter[] => {
    if (key === '$and') return (value as readonly Filter[]).flatMap(lastingTests);
    return lasting.has(key) ? [{ [key]: value } as Filter] : [];
  });
}

async function foldComplaint(
  { store }: ServiceContext,
  { _id }: Document,
  instants: AsOf,
): Promise<readonly Document[]> {
  const item = complaintItemOf(eventsAsOf(await store.readStream(streamName('complaint', _id)), instants));
  return item === undefined ? [] : [{ _id, ...item }];
}

function tooMany(isLasting: boolean): Problem {
  const detail = isLasting
    ? `does not find enough among ${mostFolded} complaints: ask for a customer, a source or a time besides`
    : `takes more than ${mostFolded} complaints: sort by filedAt, or as of now`;
  return new Problem('as-of-unsupported', 'Too many complaints would have to be folded from the log', {
    errors: [{ pointer: isLasting ? '/filter' : '/sort', detail }],
  });
}
