import { isDeepStrictEqual } from 'node:util';
import type { Document, ViewSet } from '@tenure/read-store';

/** Ids of documents of one collection that are not the same in both, in batches. */
export interface Suspects {
  readonly ids: readonly string[];
  /** Documents looked at since the batch before. */
  readonly looked: number;
}

const mostAtOnce = 200;

/**
 * Goes through a collection of two versions side by side, in the order of ids, and names what is not the same: it may
 * differ, or one of them may have changed meanwhile. Memory is that of a page of each.
 */
export async function* suspectsIn(collection: string, served: ViewSet, expected: ViewSet): AsyncGenerator<Suspects> {
  const [left, right] = [rowsOf(served, collection), rowsOf(expected, collection)];
  try {
    let [one, other] = [await left.next(), await right.next()];
    let ids: string[] = [];
    let looked = 0;
    while (one.done !== true || other.done !== true) {
      const [a, b] = [one.done === true ? undefined : one.value, other.done === true ? undefined : other.value];
      const isFirst = b === undefined || (a !== undefined && a._id <= b._id);
      const isSecond = a === undefined || (b !== undefined && b._id <= a._id);
      if (!(isFirst && isSecond && isDeepStrictEqual(a, b))) ids.push((isFirst ? a : b)?._id ?? '');
      looked++;
      if (isFirst) one = await left.next();
      if (isSecond) other = await right.next();
      if (ids.length < mostAtOnce && looked < mostAtOnce * 5) continue;
      yield { ids, looked };
      [ids, looked] = [[], 0];
    }
    yield { ids, looked };
  } finally {
    await Promise.all([left.return(undefined), right.return(undefined)]);
  }
}

async function* rowsOf(views: ViewSet, collection: string): AsyncGenerator<Document, undefined> {
  for await (const page of views.stream(collection, { sort: [] })) yield* page;
  return undefined;
}
