import { describe, expect, it } from 'vitest';
import { Connection } from './connection.ts';
import type { Queries } from './queries.ts';
import { SqliteViewSet } from './view-set.ts';

/** Queries that give streams of three pages, and remember which of them were released. */
function pagedQueries(released: number[]): Queries {
  let pages = 0;
  return {
    find: async () => '[]',
    aggregate: async () => '[]',
    count: async () => 0,
    page: async () => ({ json: '[{"_id":"a"}]', rows: 1, next: ++pages % 3 === 0 ? null : { stream: 7 } }),
    release: async (stream) => void released.push(stream),
    close: async () => undefined,
  };
}

describe('SqliteViewSet', () => {
  const open = (queries: Queries): SqliteViewSet =>
    new SqliteViewSet({
      version: 'v1',
      connection: new Connection(':memory:', { readOnly: false, cacheMiB: 1 }),
      writable: false,
      queries,
      declareLayout: () => new Map(),
      onClosed: () => undefined,
    });

  it('releases a stream that is left before its end, and no other', async () => {
    const released: number[] = [];
    const views = open(pagedQueries(released));
    for await (const page of views.stream('things')) expect(page).toEqual([{ _id: 'a' }]);
    expect(released).toEqual([]);
    for await (const page of views.stream('things')) {
      expect(page).toHaveLength(1);
      break;
    }
    expect(released).toEqual([7]);
    await views.close();
  });
});
