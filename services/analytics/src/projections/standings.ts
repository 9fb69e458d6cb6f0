import type { Standing } from '@tenure/domain';
import type { Document, Json } from '@tenure/read-store';
import type { DocumentChange, Projection } from '@tenure/runtime/views';

export const standingsCollection = 'standings';

/**
 * What stood for a customer in a rectangle of both times: stage, tier (other than none) or satisfaction band, in the world
 * in [from, to), known in [knownFrom, knownTo). It holds for instants up to that of the knowledge. Instants in ms.
 */
export type StandingDocument = Document &
  Omit<Standing, 'kind' | 'value'> & {
    /** Under which id they were known then. */
    readonly customerId: string;
    /** Kind and value, such as `stage loyal`; `unresolved`: it has to be folded. */
    readonly is: string;
  };

/** How a standing is looked for. */
export function standingOf(kind: Standing['kind'], value = ''): string {
  return value === '' ? kind : `${kind} ${value}`;
}

/** What reports count of customers, as of every instant and as was known at every later one. */
export const standings: Projection = {
  name: standingsCollection,
  collections: [
    // All that a count looks at is in the index.
    { name: standingsCollection, indexes: [{ fields: ['is', 'to', 'from', 'knownTo', 'knownFrom'] }] },
  ],
  keepsStandingsIn: standingsCollection,

  customer({ standings: changed }): readonly DocumentChange[] {
    return [...changed].map(([id, standing]) => ({
      collection: standingsCollection,
      id,
      document: standing === null ? null : documentOf(id, standing),
    }));
  },
};

function documentOf(id: string, standing: Standing): StandingDocument & Record<string, Json> {
  const { kind, value, from, to, knownFrom, knownTo, previous, previousFrom } = standing;
  const customerId = id.slice(0, id.indexOf('/'));
  return { _id: id, customerId, is: standingOf(kind, value), from, to, knownFrom, knownTo, previous, previousFrom };
}
