import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyStoreReadOnlyError, UnknownKeyError } from './errors.ts';
import type { KeyStore } from './port.ts';

export { type SharedKeyStoreHarness, sharedKeyStoreContract } from './contract-shared.ts';
export { type KeyTransferHarness, keyTransferContract } from './contract-transfer.ts';

/** One set of keys, as its writer and its readers see it. */
export interface KeyStoreHarness {
  /** Opens the keys for writing; again after `close`, the same keys. */
  open(): KeyStore;
  /** Opens the same keys for reading, beside the writer. */
  openReader(): KeyStore;
  /** Removes them. All stores are closed by then. */
  dispose(): void;
}

/** What every key store must do. `create` makes an empty one. */
export const keyStoreContract = (name: string, create: () => KeyStoreHarness): void => {
  describe(`key store: ${name}`, () => {
    let harness: KeyStoreHarness;
    const opened: KeyStore[] = [];
    const track = (store: KeyStore): KeyStore => {
      opened.push(store);
      return store;
    };
    const closeAll = (): void => {
      for (const store of opened.splice(0)) store.close();
    };
    const owner = (n: number): string => n.toString(16).padStart(32, '0');

    beforeEach(() => {
      harness = create();
    });
    afterEach(() => {
      closeAll();
      harness.dispose();
    });

    it('makes one key for each owner, and the same one again', () => {
      const store = track(harness.open());
      const first = store.ensure([owner(1), owner(2), owner(1)]);
      expect([...first.keys()]).toEqual([owner(1), owner(2)]);
      const [a, b] = [first.get(owner(1)), first.get(owner(2))];
      expect(a?.keyId).toMatch(/^[0-9a-f]{32}$/);
      expect(a?.key).toHaveLength(32);
      expect(a?.keyId).not.toBe(b?.keyId);
      expect(a?.key).not.toEqual(b?.key);
      const again = store.ensure([owner(2), owner(3)]);
      expect(again.get(owner(2))).toEqual(b);
      expect(again.get(owner(3))?.keyId).not.toBe(b?.keyId);
    });

    it('takes any text for an owner, such as the name of a stream', () => {
      const store = track(harness.open());
      const stream = `contact-${owner(9)}`;
      const key = store.ensure([stream]).get(stream);
      expect(store.find(key?.keyId ?? '')).toEqual(key);
    });

    it('keeps keys over a restart', () => {
      const before = track(harness.open())
        .ensure([owner(1)])
        .get(owner(1));
      closeAll();
      const store = track(harness.open());
      expect(store.find(before?.keyId ?? '')).toEqual(before);
      expect(store.ensure([owner(1)]).get(owner(1))).toEqual(before);
    });

    it('lets a reader see the keys that the writer makes meanwhile, and make none', () => {
      const store = track(harness.open());
      store.ensure([owner(1)]);
      const reader = track(harness.openReader());
      const later = store.ensure([owner(2)]).get(owner(2));
      expect(reader.find(later?.keyId ?? '')).toEqual(later);
      expect(reader.ensure([owner(2)]).get(owner(2))).toEqual(later);
      expect(() => reader.ensure([owner(3)])).toThrow(KeyStoreReadOnlyError);
      expect(() => reader.destroy(owner(2))).toThrow(KeyStoreReadOnlyError);
    });

    it('finds a destroyed key nowhere, a reader that has used it included', () => {
      const store = track(harness.open());
      const keys = store.ensure([owner(1), owner(2)]);
      const [gone, kept] = [keys.get(owner(1))?.keyId ?? '', keys.get(owner(2))?.keyId ?? ''];
      const reader = track(harness.openReader());
      expect(reader.find(gone)).toBeDefined();
      store.destroy(owner(1));
      expect(store.find(gone)).toBeUndefined();
      expect(reader.find(gone)).toBeUndefined();
      expect(reader.find(kept)).toBeDefined();
      closeAll();
      expect(track(harness.open()).find(gone)).toBeUndefined();
    });

    it('gives an owner whose key was destroyed another one; destroying nothing is no error', () => {
      const store = track(harness.open());
      store.destroy(owner(1));
      const before = store.ensure([owner(1)]).get(owner(1));
      store.destroy(owner(1));
      store.destroy(owner(1));
      const after = store.ensure([owner(1)]).get(owner(1));
      expect(after?.keyId).not.toBe(before?.keyId);
      expect(store.find(before?.keyId ?? '')).toBeUndefined();
      expect(store.find(after?.keyId ?? '')).toEqual(after);
    });

    it('does not take a key it never had for a destroyed one', () => {
      const store = track(harness.open());
      expect(() => store.find('f'.repeat(32))).toThrow(UnknownKeyError);
    });
  });
};
