import { describe, expect, it } from 'vitest';
import { InvalidPositionError } from '../errors.ts';
import type { StoredEvent } from '../port.ts';
import {
  appendEach,
  appendOne,
  type EventStoreHarness,
  eachTestItsLog,
  hex,
  idsOf,
  newEvent,
  positionOf,
  streamName,
} from './harness.ts';

const namesOf = (events: readonly StoredEvent[]): unknown[] => events.map(({ data }) => Object.values(data)[0]);

export const readContract = (name: string, create: () => Promise<EventStoreHarness>): void => {
  describe(`event store ${name}: read`, () => {
    const log = eachTestItsLog(create);

    it('reads a stream both ways, from a revision, up to a number of events', async () => {
      const store = await log.connect();
      await appendEach(
        store,
        streamName(1),
        ['a', 'b', 'c', 'd', 'e'].map((text) => newEvent(text)),
      );
      await appendOne(store, streamName(2), 'absent', newEvent('other'));
      const read = async (options?: Parameters<typeof store.readStream>[1]): Promise<string> =>
        namesOf(await store.readStream(streamName(1), options)).join('');
      expect(await read()).toBe('abcde');
      expect(await read({ from: 3 })).toBe('de');
      expect(await read({ from: 1, limit: 2 })).toBe('bc');
      expect(await read({ from: 5 })).toBe('');
      expect(await read({ limit: 0 })).toBe('');
      expect(await read({ direction: 'backwards' })).toBe('edcba');
      expect(await read({ direction: 'backwards', limit: 1 })).toBe('e');
      expect(await read({ direction: 'backwards', from: 2 })).toBe('cba');
      expect(await read({ direction: 'backwards', from: 3, limit: 2 })).toBe('dc');
      expect(await read({ direction: 'backwards', from: 99, limit: 2 })).toBe('ed');
    });

    it('reads nothing of a stream that is not there', async () => {
      const store = await log.connect();
      await appendOne(store, streamName(1), 'absent', newEvent('a'));
      expect(await store.readStream(streamName(2))).toEqual([]);
      expect(await store.readStream(streamName(1, 'refund'), { direction: 'backwards' })).toEqual([]);
    });

    it('reads the whole log in pages; a short page is the end', async () => {
      const store = await log.connect();
      const events = Array.from({ length: 25 }, (_, n) => newEvent(`paged ${n}`));
      for (const [n, event] of events.entries()) await appendOne(store, streamName(n), 'absent', event);
      const pages: StoredEvent[][] = [];
      for (;;) {
        const after = pages.at(-1)?.at(-1)?.position;
        const page = await store.readAll({ limit: 10, ...(after === undefined ? {} : { after }) });
        pages.push([...page]);
        if (page.length < 10) break;
      }
      expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
      expect(idsOf(pages.flat())).toEqual(idsOf(events));
      const head = await store.head();
      expect(head).toBe(pages.at(-1)?.at(-1)?.position);
      expect(await store.readAll({ limit: 10, ...(head === null ? {} : { after: head }) })).toEqual([]);
    });

    it('refuses a position that no store of its kind gives', async () => {
      const store = await log.connect();
      await expect(store.readAll({ limit: 1, after: 'elsewhere' })).rejects.toThrow(InvalidPositionError);
      await expect(store.readCustomer(hex(1), { after: '1' })).rejects.toThrow(InvalidPositionError);
    });

    it("reads one customer's events over all streams, in log order", async () => {
      const store = await log.connect();
      const append = async (stream: string, text: string, customerId: string | null): Promise<string> =>
        positionOf(await appendOne(store, stream, 'absent', newEvent(text, { customerId })));
      await append(streamName(1, 'profile'), 'registered', hex(1));
      await append(streamName(2, 'profile'), 'other', hex(2));
      const bought = await append(streamName(1), 'bought', hex(1));
      await append(streamName(2), 'anonymous', null);
      await append(streamName(3, 'complaint'), 'complained', hex(1));
      await append(streamName(3, 'refund'), 'returned', hex(1));
      expect(namesOf(await store.readCustomer(hex(1)))).toEqual(['registered', 'bought', 'complained', 'returned']);
      expect(namesOf(await store.readCustomer(hex(1), { after: bought }))).toEqual(['complained', 'returned']);
      expect(namesOf(await store.readCustomer(hex(1), { after: bought, limit: 1 }))).toEqual(['complained']);
      expect(namesOf(await store.readCustomer(hex(1), { limit: 2 }))).toEqual(['registered', 'bought']);
      expect(await store.readCustomer(hex(3))).toEqual([]);
      const [first] = await store.readCustomer(hex(2));
      expect(first?.customerId).toBe(hex(2));
    });

    it('knows its head', async () => {
      const store = await log.connect();
      expect(await store.head()).toBeNull();
      const outcome = await appendOne(store, streamName(1), 'absent', newEvent('a'), newEvent('b'));
      expect(await store.head()).toBe(positionOf(outcome));
    });

    it('shows to every client what was answered before, at once', async () => {
      const [store, other] = [await log.connect(), await log.connect()];
      for (let n = 0; n < 50; n++) {
        const outcome = await appendOne(store, streamName(n), 'absent', newEvent(`seen ${n}`, { customerId: hex(1) }));
        for (const reader of [store, other]) {
          expect(await reader.head()).toBe(positionOf(outcome));
          expect(await reader.readStream(streamName(n))).toHaveLength(1);
          expect(await reader.readCustomer(hex(1))).toHaveLength(n + 1);
        }
      }
    });
  });
};
