import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyConflictError, KeyMissingError } from './errors.ts';
import type { SharedKeyStore } from './port.ts';
import { assertKeysMoved, assertKeysOf, type KeyRecord, type KeyTransfer, moveKeys } from './transfer.ts';

/** One set of keys, as those who use it and those who move it see it. Never open as both at the same time. */
export interface KeyTransferHarness {
  openStore(): Promise<SharedKeyStore>;
  openTransfer(): Promise<KeyTransfer>;
  /** Removes them. All is closed by then. */
  dispose(): Promise<void>;
}

const hex = (n: number): string => n.toString(16).padStart(32, '0');
const record = (n: number, owner: string, key: number | undefined = n): KeyRecord => ({
  keyId: hex(n),
  owner,
  ...(key === undefined ? {} : { key: Buffer.alloc(32, key) }),
});
const gone = (n: number, owner: string): KeyRecord => ({ keyId: hex(n), owner });

/** What whoever moves keys may rely on. `create` makes an empty set, twice for each test. */
export const keyTransferContract = (name: string, create: () => Promise<KeyTransferHarness>): void => {
  describe(`transfer of keys: ${name}`, () => {
    const sets: KeyTransferHarness[] = [];
    const opened: { close(): Promise<void> }[] = [];
    const set = (n: number): KeyTransferHarness => {
      const one = sets[n];
      if (!one) throw new Error('the keys are there only while a test runs');
      return one;
    };
    const closedLater = <T extends { close(): Promise<void> }>(one: T): T => {
      opened.push(one);
      return one;
    };
    const closeAll = async (): Promise<void> => {
      for (const one of opened.splice(0)) await one.close();
    };
    const transfer = async (n = 0): Promise<KeyTransfer> => closedLater(await set(n).openTransfer());
    const store = async (n = 0): Promise<SharedKeyStore> => closedLater(await set(n).openStore());

    beforeEach(async () => {
      sets.push(await create(), await create());
    });
    afterEach(async () => {
      await closeAll();
      for (const one of sets.splice(0)) await one.dispose();
    });

    it('lists what the store has, by id, page by page, those destroyed too', async () => {
      const keys = await store();
      const made = await keys.ensure(['jane', 'john', 'joan', `contact-${hex(1)}`]);
      await keys.destroy('john');
      await closeAll();
      const expected = [...made]
        .map(([owner, { keyId, key }]) => (owner === 'john' ? { keyId, owner } : { keyId, owner, key }))
        .toSorted((one, other) => (one.keyId < other.keyId ? -1 : 1));
      const from = await transfer();
      expect(await from.list({ limit: 10 })).toEqual(expected);
      const first = await from.list({ limit: 3 });
      expect(first).toEqual(expected.slice(0, 3));
      expect(await from.list({ limit: 3, after: first.at(-1)?.keyId ?? '' })).toEqual(expected.slice(3));
    });

    it('takes keys with their ids, which the store then finds, and changes nothing the second time', async () => {
      const records = [record(1, 'jane'), gone(2, 'john'), record(3, 'john')];
      const to = await transfer();
      await to.add(records);
      await to.add([...records, record(4, 'joan')]);
      expect(await to.list({ limit: 10 })).toEqual([...records, record(4, 'joan')]);
      await closeAll();
      const keys = await store();
      expect(await keys.findMany([hex(1), hex(2), hex(3)])).toEqual(
        new Map([1, 3].map((n) => [hex(n), { keyId: hex(n), key: Buffer.alloc(32, n) }])),
      );
      expect((await keys.ensure(['john'])).get('john')?.keyId).toBe(hex(3));
    });

    it('I19: keeps a destroyed key destroyed, whichever side destroyed it', async () => {
      const to = await transfer();
      await to.add([record(1, 'jane'), gone(2, 'john')]);
      await to.add([gone(1, 'jane'), record(2, 'john')]);
      expect(await to.list({ limit: 10 })).toEqual([gone(1, 'jane'), gone(2, 'john')]);
      await closeAll();
      expect(await (await store()).findMany([hex(1), hex(2)])).toEqual(new Map());
    });

    it('refuses another key of the same id, another owner, and a second key of an owner', async () => {
      const to = await transfer();
      await to.add([record(1, 'jane')]);
      await expect(to.add([record(1, 'jane', 9)])).rejects.toThrow(KeyConflictError);
      await expect(to.add([record(1, 'john')])).rejects.toThrow(KeyConflictError);
      await expect(to.add([record(2, 'jane')])).rejects.toThrow(KeyConflictError);
      expect(await to.list({ limit: 10 })).toEqual([record(1, 'jane')]);
    });

    it('moves thousands, an owner whose later key has the lower id among them, and says what is not moved', async () => {
      const [from, to] = [await transfer(0), await transfer(1)];
      const records = Array.from({ length: 2_100 }, (_, n) => record(n + 10, `owner ${n}`, n % 251));
      await from.add([...records, gone(5_000, 'jane'), record(1, 'jane')]);
      // Moved once before, when that key was not destroyed yet.
      await to.add([record(5_000, 'jane'), ...records.slice(500)]);
      await assertKeysOf({ from, to });
      await expect(assertKeysMoved({ from, to })).rejects.toThrow(KeyMissingError);
      await moveKeys({ from, to });
      expect(await assertKeysMoved({ from, to })).toEqual({ keys: 2_102, destroyed: 1 });
      expect(await to.list({ limit: 5_000 })).toEqual(await from.list({ limit: 5_000 }));
    });

    it('tells keys of another log', async () => {
      const [from, to] = [await transfer(0), await transfer(1)];
      await from.add([record(1, 'jane'), record(3, 'joan')]);
      await to.add([record(1, 'jane')]);
      await assertKeysOf({ from, to });
      await to.add([record(2, 'john')]);
      await expect(assertKeysOf({ from, to })).rejects.toThrow(KeyConflictError);
      await expect(assertKeysMoved({ from, to })).rejects.toThrow(KeyConflictError);
    });
  });
};
