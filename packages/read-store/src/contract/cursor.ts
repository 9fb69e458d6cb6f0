import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Document, Filter, SortKey, ViewSet } from '../port.ts';
import { placeOf } from '../sort.ts';
import { eachTestItsStore, idsOf, putting, type ReadStoreHarness, removing } from './harness.ts';

interface Numbered extends Document {
  readonly group: string;
  readonly n: number;
}

/** Reads a list in pages as an API does, by cursors, and lets something happen between two. */
async function readByPages(
  views: ViewSet,
  list: { readonly filter: Filter; readonly sort: readonly SortKey[] },
  between: (page: number) => Promise<void>,
): Promise<readonly Numbered[]> {
  const identity = { collection: 'things', ...list };
  const rows: Numbered[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 100; page++) {
    const after = cursor === undefined ? {} : { after: decodeCursor(cursor, views.version, identity) };
    const found = await views.find<Numbered>('things', { ...list, ...after, limit: 7 });
    rows.push(...found);
    const last = found.at(-1);
    if (last === undefined) return rows;
    cursor = encodeCursor(views.version, identity, placeOf(last, list.sort));
    await between(page);
  }
  throw new Error('the list has no end');
}

export function cursorContract(name: string, create: () => Promise<ReadStoreHarness>): void {
  describe(`read store: ${name}: cursors`, () => {
    const store = eachTestItsStore(create);
    const documents: readonly Numbered[] = Array.from({ length: 90 }, (_, i) => ({
      _id: `row-${String(i).padStart(2, '0')}`,
      group: ['x', 'y'][i % 2] ?? '',
      n: (i * 37) % 10,
    }));
    const sorts: readonly (readonly SortKey[])[] = [
      [],
      [{ field: 'n', direction: 1 }],
      [{ field: 'n', direction: -1 }],
      [
        { field: 'group', direction: -1 },
        { field: 'n', direction: 1 },
      ],
    ];

    it.each(sorts.map((sort) => [JSON.stringify(sort), sort] as const))(
      'never skips or repeats a row that does not change, while others do: %s',
      async (_, sort) => {
        const { writer, reader } = await store.openThings(['n', 'group'], documents);
        const still = documents.filter((document) => !/[369]$/.test(document._id));
        const moving = documents.filter((document) => /[369]$/.test(document._id));
        const rows = await readByPages(reader, { filter: { group: { $in: ['x', 'y'] } }, sort }, async (page) => {
          // Some move to either end, some go, others come.
          const [up, down, gone] = moving.slice(page * 3, page * 3 + 3);
          await writer.write({
            replaces: [
              ...(up ? [putting({ ...up, n: 1_000 + page, group: 'y' }, '1', '2')] : []),
              ...(down ? [putting({ ...down, n: -page, group: 'x' }, '1', '2')] : []),
              ...(gone ? [removing(gone._id, '1')] : []),
              ...(page < 10 ? [putting({ _id: `new-${page}`, n: page, group: 'x' })] : []),
            ],
          });
        });
        const seen = idsOf(rows).filter((id) => still.some((document) => document._id === id));
        expect([...seen].sort()).toEqual([...idsOf(still)].sort());
      },
    );

    it('goes on after a row that is gone', async () => {
      const { writer, reader } = await store.openThings(['n'], documents);
      const sort: readonly SortKey[] = [{ field: 'n', direction: 1 }];
      const all = await reader.find<Numbered>('things', { sort });
      const last = all[4] ?? { _id: '' };
      await writer.write({ replaces: [removing(last._id, '1')] });
      const rest = await reader.find('things', { sort, after: placeOf(last, sort) });
      expect(idsOf(rest)).toEqual(idsOf(all).slice(5));
    });
  });
}
