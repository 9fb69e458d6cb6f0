import { describe, expect, it } from 'vitest';
import { GuardMismatchError } from '../port.ts';
import { eachTestItsStore, put, putting, type ReadStoreHarness, removing, things } from './harness.ts';

export function writeContract(name: string, create: () => Promise<ReadStoreHarness>): void {
  describe(`read store: ${name}: writing`, () => {
    const store = eachTestItsStore(create);

    it('gives back a document as it was written, with its guard', async () => {
      const { writer, reader } = await store.openViews(things(['v']));
      const document = {
        _id: 'a',
        v: 1,
        text: 'Kłobuck 李\u0000\u{1F600}',
        list: [1, 'x', null, [true]],
        empty: {},
        no: null,
      };
      await writer.write({ replaces: [putting(document, null, '0007')] });
      for (const views of [writer, reader]) {
        expect(await views.get('things', 'a')).toEqual({ document, guard: '0007' });
        const raw = await views.getRaw('things', 'a');
        expect(raw?.guard).toBe('0007');
        expect(JSON.parse(raw?.json ?? '')).toEqual(document);
        expect(await views.get('things', 'b')).toBeUndefined();
        expect(await views.getRaw('things', 'b')).toBeUndefined();
      }
    });

    it('answers many ids at once, those that are there', async () => {
      const { writer, reader } = await store.openThings([], [{ _id: 'a' }, { _id: 'b' }]);
      for (const views of [writer, reader]) {
        const found = await views.getMany('things', ['b', 'x', 'a', 'b']);
        expect([...found.keys()].sort()).toEqual(['a', 'b']);
        expect(found.get('b')).toEqual({ document: { _id: 'b' }, guard: '1' });
      }
    });

    it('replaces whole documents: no field of the old one stays', async () => {
      const { writer, reader } = await store.openThings(['v', 'w'], [{ _id: 'a', v: 1, w: 2 }]);
      await writer.write({ replaces: [putting({ _id: 'a', w: 3 }, '1', '2')] });
      expect(await reader.get('things', 'a')).toEqual({ document: { _id: 'a', w: 3 }, guard: '2' });
      expect(await reader.count('things', { v: 1 })).toBe(0);
      expect(await reader.count('things', { w: 3 })).toBe(1);
    });

    it('removes a document, which can come again', async () => {
      const { writer, reader } = await store.openThings(['v'], [{ _id: 'a', v: 1 }]);
      await writer.write({ replaces: [removing('a', '1')] });
      expect(await reader.get('things', 'a')).toBeUndefined();
      expect(await reader.find('things', { filter: { v: 1 } })).toEqual([]);
      await writer.write({ replaces: [putting({ _id: 'a', v: 2 }, null, '9')] });
      expect(await reader.get('things', 'a')).toEqual({ document: { _id: 'a', v: 2 }, guard: '9' });
    });

    it('I5: a write whose guard differs writes nothing of its batch, and names all that differ', async () => {
      const { writer, reader } = await store.openThings(
        ['v'],
        [
          { _id: 'a', v: 1 },
          { _id: 'b', v: 1 },
        ],
      );
      await writer.write({ replaces: [], checkpoints: { projector: 1 } });
      const batch = {
        replaces: [
          putting({ _id: 'a', v: 2 }, '1', '2'),
          putting({ _id: 'b', v: 2 }, '0', '2'),
          putting({ _id: 'c', v: 2 }, '1', '2'),
          putting({ _id: 'd', v: 2 }),
          putting({ _id: 'a', v: 3 }, null, '2'),
        ],
        checkpoints: { projector: 2 },
      };
      const error = await writer.write(batch).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(GuardMismatchError);
      expect(error).toMatchObject({
        code: 'guard-mismatch',
        mismatches: [
          { collection: 'things', id: 'b' },
          { collection: 'things', id: 'c' },
          { collection: 'things', id: 'a' },
        ],
      });
      expect(await reader.get('things', 'a')).toEqual({ document: { _id: 'a', v: 1 }, guard: '1' });
      expect(await reader.count('things', { v: 2 })).toBe(0);
      expect(await reader.count('things')).toBe(2);
      expect(await reader.checkpoint('projector')).toBe(1);
    });

    it('takes the same guard again, and applies a batch that names a document twice in its order', async () => {
      const { writer, reader } = await store.openThings([], [{ _id: 'a' }]);
      await writer.write({
        replaces: [putting({ _id: 'a', v: 1 }, '1', '1'), putting({ _id: 'a', v: 2 }, '1', '3'), removing('a', '3')],
      });
      expect(await reader.get('things', 'a')).toBeUndefined();
      await put(writer, [{ _id: 'a', v: 4 }]);
      expect(await reader.get('things', 'a')).toEqual({ document: { _id: 'a', v: 4 }, guard: '1' });
    });

    it('refuses a document under another id, and collections that nobody declared', async () => {
      const { writer, reader } = await store.openThings([], []);
      const wrongId = { ...putting({ _id: 'a' }), id: 'b' };
      await expect(writer.write({ replaces: [wrongId] })).rejects.toMatchObject({ code: 'read-store-misuse' });
      const unknown = { ...putting({ _id: 'a' }), collection: 'others' };
      await expect(writer.write({ replaces: [unknown] })).rejects.toMatchObject({ code: 'collection-unknown' });
      await expect(reader.get('others', 'a')).rejects.toMatchObject({ code: 'collection-unknown' });
      await expect(reader.find('others')).rejects.toMatchObject({ code: 'collection-unknown' });
    });

    it('keeps checkpoints by consumer, and with the documents they belong to', async () => {
      const { writer, reader } = await store.openViews(things([]));
      expect(await reader.checkpoint('projector')).toBeUndefined();
      await writer.write({
        replaces: [putting({ _id: 'a' })],
        checkpoints: { projector: { position: '17' }, other: null },
      });
      for (const views of [writer, reader]) {
        expect(await views.checkpoint('projector')).toEqual({ position: '17' });
        expect(await views.checkpoint('other')).toBeNull();
      }
      await writer.write({ replaces: [], checkpoints: { projector: { position: '18' } } });
      expect(await reader.checkpoint('projector')).toEqual({ position: '18' });
      expect(await reader.checkpoint('other')).toBeNull();
    });

    it('keeps everything over a restart', async () => {
      const { writer } = await store.openThings(['v'], [{ _id: 'a', v: 1 }]);
      await writer.write({ replaces: [], checkpoints: { projector: 3 } });
      await store.closeAll();
      const { reader } = await store.openViews(things(['v']));
      expect(await reader.get('things', 'a')).toEqual({ document: { _id: 'a', v: 1 }, guard: '1' });
      expect(await reader.checkpoint('projector')).toBe(3);
    });

    it('takes large documents', async () => {
      const { writer, reader } = await store.openViews(things(['v', 'text']));
      const large = {
        _id: 'large',
        v: 1,
        text: 'x'.repeat(100_000),
        list: Array.from({ length: 50_000 }, (_, i) => `item ${i}`),
      };
      await writer.write({ replaces: [putting(large), putting({ _id: 'small', v: 1 })] });
      for (const views of [writer, reader]) {
        expect(await views.get('things', 'large')).toEqual({ document: large, guard: '1' });
        expect(await views.find('things', { filter: { v: 1 } })).toEqual([large, { _id: 'small', v: 1 }]);
        expect(await views.count('things', { text: 'x'.repeat(100_000) })).toBe(1);
      }
    });

    it('keeps collections apart', async () => {
      const { writer, reader } = await store.openViews(things([]), { name: 'others', indexes: [{ fields: ['v'] }] });
      await writer.write({
        replaces: [putting({ _id: 'a', v: 1 }), { ...putting({ _id: 'a', v: 2 }), collection: 'others' }],
      });
      expect(await reader.find('things')).toEqual([{ _id: 'a', v: 1 }]);
      expect(await reader.find('others')).toEqual([{ _id: 'a', v: 2 }]);
    });
  });
}
