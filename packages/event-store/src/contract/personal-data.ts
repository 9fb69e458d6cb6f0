import { describe, expect, it } from 'vitest';
import { appendOne, type EventStoreHarness, eachTestItsLog, hex, newEvent, streamName } from './harness.ts';

export const personalDataContract = (name: string, create: () => Promise<EventStoreHarness>): void => {
  describe(`event store ${name}: personal data`, () => {
    const log = eachTestItsLog(create);
    const [jane, john] = [hex(1), hex(2)];

    it("is gone with its customer's key, from all of the customer's events and no others", async () => {
      const store = await log.connect();
      const of = (customerId: string, text: string): ReturnType<typeof newEvent> =>
        newEvent(text, { customerId, personal: { text } });
      await appendOne(store, streamName(1, 'profile'), 'absent', of(jane, 'jane, profile'));
      await appendOne(store, streamName(1, 'contact'), 'absent', of(jane, 'jane, contact'));
      await appendOne(store, streamName(1), 'absent', newEvent('jane, nothing personal', { customerId: jane }));
      await appendOne(store, streamName(2, 'profile'), 'absent', of(john, 'john, profile'));
      expect((await store.readAll({ limit: 10 })).map(({ personal }) => personal)).toEqual([
        { text: 'jane, profile' },
        { text: 'jane, contact' },
        undefined,
        { text: 'john, profile' },
      ]);
      await log.destroyKey(jane);
      const seen = async (): Promise<unknown[]> => {
        const events = await (await log.connect()).readAll({ limit: 10 });
        return events.map(({ data, personal, erased }) => [Object.values(data)[0], personal, erased]);
      };
      const expected = [
        ['jane, profile', undefined, true],
        ['jane, contact', undefined, true],
        ['jane, nothing personal', undefined, undefined],
        ['john, profile', { text: 'john, profile' }, undefined],
      ];
      expect(await seen()).toEqual(expected);
      expect((await store.readCustomer(jane)).map(({ erased }) => erased)).toEqual([true, true, undefined]);
      expect(await store.readStream(streamName(1, 'contact'))).toMatchObject([{ erased: true }]);
      await log.restart();
      expect(await seen()).toEqual(expected);
    });

    it('stays erased in a history so long that it may be remembered, and what follows is read', async () => {
      const store = await log.connect();
      const stream = streamName(1, 'profile');
      const first = newEvent('first', { customerId: jane, personal: { name: 'jane' } });
      const others = Array.from({ length: 1_200 }, (_, i) => newEvent(`event ${i}`, { customerId: jane }));
      await appendOne(store, stream, 'absent', first, ...others);
      const before = await store.readCustomer(jane);
      expect(before).toHaveLength(1_201);
      expect(before[0]).toMatchObject({ personal: { name: 'jane' } });
      await appendOne(store, stream, 1_200, newEvent('last', { customerId: jane }));
      await log.destroyKey(jane);
      const after = await store.readCustomer(jane);
      expect(after[0]).toMatchObject({ erased: true });
      expect(after[0]).not.toHaveProperty('personal');
      expect(after.slice(1, -1)).toEqual(before.slice(1));
      expect(after.at(-1)).toMatchObject({ revision: 1_201, data: newEvent('last').data });
    });

    it('is sealed with the key of the stream when it belongs to no customer', async () => {
      const store = await log.connect();
      const [first, second] = [streamName(1, 'contact'), streamName(2, 'contact')];
      await appendOne(store, first, 'absent', newEvent('a', { personal: { phone: '1' } }));
      await appendOne(store, second, 'absent', newEvent('b', { personal: { phone: '2' } }));
      await log.destroyKey(first);
      expect((await store.readAll({ limit: 10 })).map(({ personal, erased }) => personal ?? erased)).toEqual([
        true,
        { phone: '2' },
      ]);
    });

    it('that comes after an erasure has a key of its own', async () => {
      const store = await log.connect();
      const stream = streamName(1, 'profile');
      await appendOne(store, stream, 'absent', newEvent('a', { customerId: jane, personal: { name: 'old' } }));
      await log.destroyKey(jane);
      await appendOne(store, stream, 0, newEvent('b', { customerId: jane, personal: { name: 'new' } }));
      expect((await store.readCustomer(jane)).map(({ personal, erased }) => [personal, erased])).toEqual([
        [undefined, true],
        [{ name: 'new' }, undefined],
      ]);
    });

    it('leaves the store as it is sealed, all else as it is', async () => {
      const store = await log.connect();
      const personal = { name: 'canary' };
      await appendOne(store, streamName(1), 'absent', newEvent('a', { customerId: jane, personal }), newEvent('b'));
      const [sealed, open] = await store.readAllSealed({ limit: 10 });
      const [whole, other] = await store.readAll({ limit: 10 });
      const { sealed: envelope, ...rest } = sealed ?? {};
      expect({ ...rest, personal }).toEqual(whole);
      expect(open).toEqual(other);
      expect(envelope?.length).toBeGreaterThan(0);
      expect(Buffer.from(envelope ?? []).includes('canary')).toBe(false);
      expect(await store.readAllSealed({ after: open?.position ?? '', limit: 10 })).toEqual([]);
    });

    it('may be empty, which is not the same as none', async () => {
      const store = await log.connect();
      await appendOne(store, streamName(1), 'absent', newEvent('a', { personal: {} }), newEvent('b'));
      const [empty, none] = await store.readAll({ limit: 10 });
      expect(empty?.personal).toEqual({});
      expect(none && 'personal' in none).toBe(false);
    });
  });
};
