import { compileFilter, type Document, type FindOptions, sortDocuments } from '@tenure/read-store';
import type { ListedViews } from './list.ts';

/** A few documents that are in memory, to be listed like those of a view. */
export function listedDocuments(version: string, documents: readonly Document[]): ListedViews {
  const find = <D extends Document>({ filter, sort, after, limit }: FindOptions = {}): readonly D[] => {
    const matches = compileFilter(filter);
    const found = sortDocuments(
      documents.filter((document) => matches(document)),
      sort,
      after,
    );
    return found.slice(0, limit) as readonly Document[] as readonly D[];
  };
  return {
    version,
    find: async <D extends Document>(_collection: string, options?: FindOptions) => find<D>(options),
    async *stream<D extends Document>(_collection: string, options?: FindOptions) {
      yield find<D>(options);
    },
  };
}
