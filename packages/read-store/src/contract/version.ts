import { describe, expect, it } from 'vitest';
import { GuardMismatchError } from '../port.ts';
import { type EngineTraits, eachTestItsStore, idsOf, put, putting, type ReadStoreHarness, things } from './harness.ts';

export function versionContract(
  name: string,
  create: () => Promise<ReadStoreHarness>,
  { writers }: EngineTraits,
): void {
  describe(`read store: ${name}: versions`, () => {
    const store = eachTestItsStore(create);

    it('has none at first', async () => {
      const writer = await store.openWriter();
      expect(await writer.versions()).toEqual([]);
      expect(await writer.current()).toBeUndefined();
      await expect(writer.switchTo('v1')).rejects.toMatchObject({ code: 'view-version-unknown' });
      const reader = await store.openReader();
      expect(await reader.current()).toBeUndefined();
      await expect(reader.open('v1', [])).rejects.toMatchObject({ code: 'view-version-unknown' });
      await expect(writer.open('../v1', [])).rejects.toMatchObject({ code: 'view-version-invalid' });
    });

    it('I8: builds a version beside the current one, and switches readers in one step', async () => {
      const writer = await store.openWriter();
      const reader = await store.openReader();
      const old = await writer.open('v1', [things(['v'])]);
      await put(old, [{ _id: 'a', v: 1 }]);
      await writer.switchTo('v1');
      expect(await reader.current()).toBe('v1');
      const next = await writer.open('v2', [things(['w'])]);
      await put(next, [
        { _id: 'a', w: 2 },
        { _id: 'b', w: 2 },
      ]);
      await next.write({ replaces: [], checkpoints: { projector: 2 } });
      expect(await reader.current()).toBe('v1');
      const served = await reader.open('v1', [things(['v'])]);
      expect(served.version).toBe('v1');
      expect(idsOf(await served.find('things'))).toEqual(['a']);

      await writer.switchTo('v2');
      expect(await reader.current()).toBe('v2');
      expect(await writer.current()).toBe('v2');
      const fresh = await reader.open('v2', [things(['w'])]);
      expect(idsOf(await fresh.find('things', { filter: { w: 2 } }))).toEqual(['a', 'b']);
      expect(await fresh.checkpoint('projector')).toBe(2);
      // Whoever began on the old version goes on there.
      expect(idsOf(await served.find('things', { filter: { v: 1 } }))).toEqual(['a']);
      expect(await served.checkpoint('projector')).toBeUndefined();
      expect(await writer.versions()).toEqual(['v1', 'v2']);
    });

    it('drops a version that nobody needs, and not another', async () => {
      const writer = await store.openWriter();
      const old = await writer.open('v1', [things([])]);
      await put(old, [{ _id: 'a' }]);
      await writer.open('v2', [things([])]);
      await writer.switchTo('v2');
      await expect(writer.drop('v1')).rejects.toMatchObject({ code: 'view-version-in-use' });
      await old.close();
      await writer.drop('v1');
      expect(await writer.versions()).toEqual(['v2']);
      await expect(writer.drop('v1')).rejects.toMatchObject({ code: 'view-version-unknown' });
      await expect(writer.drop('v2')).rejects.toMatchObject({ code: 'view-version-in-use' });
      const again = await writer.open('v1', [things([])]);
      expect(await again.get('things', 'a')).toBeUndefined();
    });

    it('remembers the current version over a restart', async () => {
      const writer = await store.openWriter();
      await writer.open('v1', [things([])]);
      await writer.switchTo('v1');
      await store.closeAll();
      expect(await (await store.openReader()).current()).toBe('v1');
      expect(await (await store.openWriter()).current()).toBe('v1');
    });

    it('opens a version again as the same one, with more collections if they are declared', async () => {
      const writer = await store.openWriter();
      const first = await writer.open('v1', [things(['v'])]);
      await put(first, [{ _id: 'a', v: 1 }]);
      const second = await writer.open('v1', [{ name: 'others', indexes: [] }]);
      await second.write({
        replaces: [{ collection: 'others', id: 'x', document: { _id: 'x' }, guard: '1', expected: null }],
      });
      expect(await first.find('others')).toEqual([{ _id: 'x' }]);
      expect(await second.find('things', { filter: { v: 1 } })).toEqual([{ _id: 'a', v: 1 }]);
    });

    it('brings an existing version to other indexes', async () => {
      const documents = Array.from({ length: 30 }, (_, i) => ({ _id: `k${i + 10}`, v: i % 3, w: [i % 4, 'x'], u: i }));
      const { writer } = await store.openThings(['v', 'u'], documents);
      await writer.close();
      await store.closeAll();
      const { writer: changed, reader } = await store.openViews(things(['w', 'u', ['v', 'u']]));
      await put(changed, [{ _id: 'k99', v: 1, w: 3, u: 99 }]);
      for (const views of [changed, reader]) {
        expect(await views.count('things', { w: 3 })).toBe(8);
        expect(await views.count('things', { w: 'x' })).toBe(30);
        expect(await views.count('things', { v: 1 })).toBe(11);
        const found = await views.find('things', { filter: { v: 1 }, sort: [{ field: 'u', direction: -1 }], limit: 2 });
        expect(idsOf(found)).toEqual(['k99', 'k38']);
      }
      await store.closeAll();
      const { reader: fewer } = await store.openViews(things([]));
      expect(await fewer.count('things', { w: 3, v: { $gte: 0 } })).toBe(8);
    });

    // One of both is what the engine does; a test left out would say that something was not looked at.
    if (writers === 'exclusive') {
      it('refuses another writer of a version that has one', async () => {
        const { writer } = await store.openThings([], []);
        const second = await store.openWriter();
        await expect(second.open('v1', [])).rejects.toMatchObject({ code: 'read-store-locked' });
        await second.open('v2', [things([])]);
        await writer.close();
        await (await second.open('v1', [things([])])).get('things', 'a');
      });
    } else {
      it('lets several write a version, and tells them apart by guards', async () => {
        const { writer: first, reader } = await store.openThings(['v'], [{ _id: 'a', v: 0 }]);
        const second = await (await store.openWriter()).open('v1', [things(['v'])]);
        await second.write({ replaces: [putting({ _id: 'a', v: 1 }, '1', '2'), putting({ _id: 'b', v: 1 })] });
        await expect(first.write({ replaces: [putting({ _id: 'a', v: 2 }, '1', '2')] })).rejects.toMatchObject({
          mismatches: [{ collection: 'things', id: 'a' }],
        });
        // Each counts 40 times, and begins again whenever the other one was faster.
        const count = async (views: typeof first, consumer: string): Promise<void> => {
          for (let n = 1; n <= 40; ) {
            const old = await views.get<{ readonly _id: string; readonly v: number }>('things', 'a');
            if (old === undefined) throw new Error('it was there');
            const document = { _id: 'a', v: old.document.v + 1 };
            const batch = {
              replaces: [putting(document, old.guard, `${consumer} ${n}`)],
              checkpoints: { [consumer]: n },
            };
            const lost = await views.write(batch).then(
              () => false,
              (reason: unknown) => {
                if (reason instanceof GuardMismatchError) return true;
                throw reason;
              },
            );
            if (!lost) n++;
          }
        };
        await Promise.all([count(first, 'first'), count(second, 'second')]);
        expect(await reader.get('things', 'a')).toMatchObject({ document: { _id: 'a', v: 81 } });
        expect(await reader.checkpoint('first')).toBe(40);
        expect(await reader.checkpoint('second')).toBe(40);
        await first.close();
        expect(idsOf(await second.find('things', { filter: { v: { $gte: 1 } } }))).toEqual(['a', 'b']);
      });
    }

    it('lets a reader change nothing, and a closed one do nothing', async () => {
      const { reader } = await store.openThings([], []);
      await expect(reader.write({ replaces: [] })).rejects.toMatchObject({ code: 'read-only' });
      const readStore = await store.openReader();
      await expect(readStore.switchTo('v1')).rejects.toMatchObject({ code: 'read-only' });
      await expect(readStore.drop('v1')).rejects.toMatchObject({ code: 'read-only' });
      await reader.close();
      await reader.close();
      await expect(reader.get('things', 'a')).rejects.toMatchObject({ code: 'read-store-unavailable' });
      await expect(reader.find('things')).rejects.toMatchObject({ code: 'read-store-unavailable' });
    });
  });
}
