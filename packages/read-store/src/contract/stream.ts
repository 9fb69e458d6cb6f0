import { describe, expect, it } from 'vitest';
import type { FindOptions } from '../port.ts';
import { allOf, eachTestItsStore, idsOf, putting, type ReadStoreHarness, removing } from './harness.ts';

export function streamContract(name: string, create: () => Promise<ReadStoreHarness>): void {
  describe(`read store: ${name}: streams`, () => {
    const store = eachTestItsStore(create);
    const documents = Array.from({ length: 1_500 }, (_, i) => ({
      _id: `k${String(i).padStart(4, '0')}`,
      n: (i * 7) % 40,
      m: i % 9,
      tags: [`t${i % 3}`],
      changed: false,
    }));
    const lists: readonly [string, FindOptions][] = [
      ['all', {}],
      ['by an index', { sort: [{ field: 'n', direction: 1 }] }],
      ['down an index', { sort: [{ field: 'n', direction: -1 }] }],
      ['by no index', { sort: [{ field: 'm', direction: -1 }] }],
      [
        'by two fields',
        {
          sort: [
            { field: 'n', direction: -1 },
            { field: 'm', direction: 1 },
          ],
        },
      ],
      ['what a filter selects', { filter: { m: { $gt: 3 } }, sort: [{ field: 'm', direction: 1 }] }],
      ['what an indexed filter selects', { filter: { n: { $lt: 30 }, tags: 't1' } }],
      ['up to a limit', { limit: 450, sort: [{ field: 'n', direction: 1 }] }],
    ];

    it.each(lists)('gives what a find gives, in pages: %s', async (_, options) => {
      const { writer, reader } = await store.openThings(['n', 'tags'], documents);
      for (const views of [writer, reader]) {
        const pages: number[] = [];
        const rows: string[] = [];
        for await (const page of views.stream('things', options)) {
          pages.push(page.length);
          rows.push(...idsOf(page));
        }
        expect(rows).toEqual(idsOf(await views.find('things', options)));
        expect(Math.max(...pages)).toBeLessThan(400);
        expect(Math.min(...pages)).toBeGreaterThan(0);
      }
    });

    it('gives nothing for an empty collection', async () => {
      const { reader } = await store.openThings(['n'], []);
      expect(await allOf(reader.stream('things'))).toEqual([]);
    });

    it.each(lists.slice(0, 5))(
      'gives each row that does not change once, while others do, to a slow reader: %s',
      async (_, options) => {
        const { writer, reader } = await store.openThings(['n', 'tags'], documents);
        const still = documents.filter((document) => document.m !== 4);
        const moving = documents.filter((document) => document.m === 4);
        const rows: string[] = [];
        let page = 0;
        for await (const found of reader.stream('things', options)) {
          rows.push(...idsOf(found));
          const [moved, gone] = moving.slice(page * 2, page * 2 + 2);
          await writer.write({
            replaces: [
              ...(moved ? [putting({ ...moved, n: page % 2 === 0 ? -1 : 99 }, '1', '2')] : []),
              ...(gone ? [removing(gone._id, '1')] : []),
            ],
          });
          page++;
        }
        const unmoved = new Set(idsOf(still));
        expect(rows.filter((id) => unmoved.has(id)).sort()).toEqual([...unmoved].sort());
      },
    );

    it('can be left after any page, many times, and other queries go on', async () => {
      const { reader } = await store.openThings(['n'], documents);
      for (const [, options] of lists) {
        for (let i = 0; i < 5; i++) {
          for await (const page of reader.stream('things', options)) {
            expect(page.length).toBeGreaterThan(0);
            break;
          }
        }
      }
      expect(await reader.count('things')).toBe(documents.length);
    });

    it.each(lists.slice(0, 4))('ends with an error when the views are closed meanwhile: %s', async (_, options) => {
      const { reader } = await store.openThings(['n'], documents);
      const pages = reader.stream('things', options)[Symbol.asyncIterator]();
      expect((await pages.next()).done).toBe(false);
      await reader.close();
      await expect(pages.next()).rejects.toMatchObject({ code: 'read-store-unavailable' });
    });

    it('can be read many at the same time', async () => {
      const { reader } = await store.openThings(['n'], documents);
      const streams = lists.slice(0, 5).flatMap(([, options]) => [options, options, options]);
      const results = await Promise.all(streams.map((options) => allOf(reader.stream('things', options))));
      for (const rows of results) expect(rows).toHaveLength(documents.length);
    });
  });
}
