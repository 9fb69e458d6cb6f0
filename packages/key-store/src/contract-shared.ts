import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnknownKeyError } from './errors.ts';
import type { DataKey, SharedKeyStore } from './port.ts';

/** One set of keys, as the processes that share it see it. */
export interface SharedKeyStoreHarness {
  /** Opens the keys as a process of its own would; again after all were closed, the same keys. */
  open(): Promise<SharedKeyStore>;
  /** Removes them. All stores are closed by then. */
  dispose(): Promise<void>;
}

/** What every shared key store must do. `create` makes an empty one, once for each test. */
export const sharedKeyStoreContract = (name: string, create: () => Promise<SharedKeyStoreHarness>): void => {
  describe(`shared key store: ${name}`, () => {
    let harness: SharedKeyStoreHarness | undefined;
    const opened: SharedKeyStore[] = [];
    const open = async (): Promise<SharedKeyStore> => {
      if (!harness) throw new Error('the keys are there only while a test runs');
      const store = await harness.open();
      opened.push(store);
      return store;
    };
    const closeAll = async (): Promise<void> => {
      for (const store of opened.splice(0)) await store.close();
    };
    const owner = (n: number): string => n.toString(16).padStart(32, '0');
    const keyOf = async (store: SharedKeyStore, of: string): Promise<DataKey> => {
      const key = (await store.ensure([of])).get(of);
      if (!key) throw new Error(`no key for ${of}`);
      return key;
    };
    const find = async (store: SharedKeyStore, { keyId }: DataKey): Promise<DataKey | undefined> =>
      (await store.findMany([keyId])).get(keyId);

    beforeEach(async () => {
      harness = await create();
    });
    afterEach(async () => {
      await closeAll();
      await harness?.dispose();
      harness = undefined;
    });

    it('makes one key for each owner, and the same one again, for whoever asks', async () => {
      const [store, other] = [await open(), await open()];
      const first = await store.ensure([owner(1), owner(2), owner(1)]);
      expect([...first.keys()]).toEqual([owner(1), owner(2)]);
      const [a, b] = [first.get(owner(1)), first.get(owner(2))];
      expect(a?.keyId).toMatch(/^[0-9a-f]{32}$/);
      expect(a?.key).toHaveLength(32);
      expect(a?.keyId).not.toBe(b?.keyId);
      expect(a?.key).not.toEqual(b?.key);
      const again = await other.ensure([owner(2), owner(3)]);
      expect(again.get(owner(2))).toEqual(b);
      expect(again.get(owner(3))?.keyId).not.toBe(b?.keyId);
      expect(await store.ensure([])).toEqual(new Map());
    });

    it('takes any text for an owner, such as the name of a stream', async () => {
      const store = await open();
      const key = await keyOf(store, `contact-${owner(9)}`);
      expect(await find(store, key)).toEqual(key);
    });

    it('gives all who ask at the same time the same keys', async () => {
      const stores = [await open(), await open(), await open()];
      const owners = Array.from({ length: 200 }, (_, n) => owner(n));
      // Every other in the opposite order, so that they meet in the middle.
      const asked = stores.flatMap((store, n) => [
        store.ensure(n % 2 ? owners : owners.toReversed()),
        store.ensure(owners),
      ]);
      const answers = await Promise.all(asked);
      const keysOf = (keys: ReadonlyMap<string, DataKey>): unknown[] => owners.map((one) => keys.get(one));
      for (const answer of answers) expect(keysOf(answer)).toEqual(keysOf(answers[0] ?? new Map()));
      expect(new Set(owners.map((one) => answers[0]?.get(one)?.keyId)).size).toBe(200);
    });

    it('keeps keys when all are closed', async () => {
      const before = await keyOf(await open(), owner(1));
      await closeAll();
      const store = await open();
      expect(await find(store, before)).toEqual(before);
      expect(await keyOf(store, owner(1))).toEqual(before);
    });

    it('finds the keys that another makes meanwhile', async () => {
      const [store, other] = [await open(), await open()];
      const keys = await Promise.all([1, 2, 3].map((n) => keyOf(other, owner(n))));
      const found = await store.findMany(keys.map(({ keyId }) => keyId));
      expect(found).toEqual(new Map(keys.map((key) => [key.keyId, key])));
      expect(await store.findMany([])).toEqual(new Map());
    });

    it('leaves a destroyed key out, at once where it was destroyed, soon elsewhere', async () => {
      const [store, other] = [await open(), await open()];
      const [gone, kept] = [await keyOf(store, owner(1)), await keyOf(store, owner(2))];
      expect(await find(other, gone)).toEqual(gone);
      await store.destroy(owner(1));
      expect([...(await store.findMany([gone.keyId, kept.keyId])).keys()]).toEqual([kept.keyId]);
      await expect.poll(() => find(other, gone), { timeout: 10_000 }).toBeUndefined();
      expect(await find(other, kept)).toEqual(kept);
      await closeAll();
      expect(await find(await open(), gone)).toBeUndefined();
    });

    it('gives an owner whose key was destroyed another one; destroying nothing is no error', async () => {
      const store = await open();
      await store.destroy(owner(1));
      const before = await keyOf(store, owner(1));
      await store.destroy(owner(1));
      await store.destroy(owner(1));
      const after = await keyOf(store, owner(1));
      expect(after.keyId).not.toBe(before.keyId);
      expect(await find(store, before)).toBeUndefined();
      expect(await find(store, after)).toEqual(after);
    });

    it('does not take a key it never had for a destroyed one', async () => {
      const store = await open();
      const { keyId } = await keyOf(store, owner(1));
      await expect(store.findMany([keyId, 'f'.repeat(32)])).rejects.toThrow(UnknownKeyError);
    });
  });
};
