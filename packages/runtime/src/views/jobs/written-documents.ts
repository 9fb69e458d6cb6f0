import type { ViewSet, WriteBatch } from '@tenure/read-store';

/** A view set that notes which documents were written or removed, by collection. */
export function notingWrites(views: ViewSet): { readonly views: ViewSet; readonly written: Map<string, Set<string>> } {
  const written = new Map<string, Set<string>>();
  const noting: ViewSet = {
    version: views.version,
    get: (collection, id) => views.get(collection, id),
    getRaw: (collection, id) => views.getRaw(collection, id),
    getMany: (collection, ids) => views.getMany(collection, ids),
    find: (collection, options) => views.find(collection, options),
    stream: (collection, options) => views.stream(collection, options),
    aggregate: (collection, pipeline) => views.aggregate(collection, pipeline),
    count: (collection, filter) => views.count(collection, filter),
    checkpoint: (consumer) => views.checkpoint(consumer),
    write: async (batch: WriteBatch) => {
      await views.write(batch);
      for (const { collection, id } of batch.replaces) {
        const own = written.get(collection);
        if (own === undefined) written.set(collection, new Set([id]));
        else own.add(id);
      }
    },
    close: () => views.close(),
  };
  return { views: noting, written };
}
