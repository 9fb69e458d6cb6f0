import { describe, expect, it } from 'vitest';
import { EventTooLargeError, InvalidAppendError, StoreUnavailableError } from '../errors.ts';
import type { AppendUnit, EventStore, StoredEvent } from '../port.ts';
import { MAX_EVENT_BYTES } from '../validation.ts';
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
  unit,
} from './harness.ts';

const allOf = (store: EventStore): Promise<readonly StoredEvent[]> => store.readAll({ limit: 100_000 });

export const appendContract = (name: string, create: () => Promise<EventStoreHarness>): void => {
  describe(`event store ${name}: append`, () => {
    const log = eachTestItsLog(create);

    it('gives an event back as it was given, with its place', async () => {
      const store = await log.connect({ now: () => 1_300_000_000_123 });
      const event = newEvent('whole', {
        type: 'ContactRecorded',
        version: 3,
        customerId: hex(7),
        occurredAt: 1_299_999_999_999,
        data: { text: '投诉 "quoted" \u0000 \u{1f600}', nested: [{ amountMinor: -5, none: null }], flag: true },
        personal: { email: 'jane@example.org', lines: ['a', 'b'] },
        metadata: {
          actor: 'key-1',
          service: 'interaction',
          commandId: 'command-1',
          causationId: 'cause-1',
          correlationId: 'correlation-1',
          traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
          session: 'import-1',
        },
      });
      const outcome = await appendOne(store, streamName(1, 'contact'), 'absent', event);
      const expected = {
        ...event,
        position: positionOf(outcome),
        stream: streamName(1, 'contact'),
        revision: 0,
        recordedAt: 1_300_000_000_123,
      };
      expect(outcome).toEqual({ status: 'appended', position: expected.position, recordedAt: 1_300_000_000_123 });
      expect(await allOf(store)).toStrictEqual([expected]);
      expect(await store.readStream(streamName(1, 'contact'))).toStrictEqual([expected]);
      expect(await store.readCustomer(hex(7))).toStrictEqual([expected]);
    });

    it('gives metadata back, whichever of its ids are the same and whichever parts are absent', async () => {
      const store = await log.connect();
      const base = { actor: 'a', service: 's', commandId: 'x', causationId: 'y', correlationId: 'z' };
      const variants = [
        base,
        { ...base, causationId: 'x' },
        { ...base, correlationId: 'y' },
        { ...base, causationId: 'x', correlationId: 'x' },
        { ...base, correlationId: 'x' },
        { ...base, traceparent: 't' },
        { ...base, session: 'i' },
        { ...base, causationId: 'x', session: 'i', traceparent: 't' },
      ];
      await appendEach(
        store,
        streamName(1),
        variants.map((metadata, index) => newEvent(`variant ${index}`, { metadata })),
      );
      expect((await allOf(store)).map(({ metadata }) => metadata)).toStrictEqual(variants);
    });

    it('appends at the expected revision', async () => {
      const store = await log.connect();
      await appendOne(store, streamName(1), 'absent', newEvent('a'), newEvent('b'));
      await appendOne(store, streamName(1), 1, newEvent('c'));
      const events = await store.readStream(streamName(1));
      expect(events.map(({ data, revision }) => ({ data, revision }))).toEqual([
        { data: { name: 'a' }, revision: 0 },
        { data: { name: 'b' }, revision: 1 },
        { data: { name: 'c' }, revision: 2 },
      ]);
    });

    it('answers a conflict with the last revision, and writes nothing', async () => {
      const store = await log.connect();
      const [there, absent] = [streamName(1), streamName(2)];
      await appendOne(store, there, 'absent', newEvent('a'), newEvent('b'));
      const conflicts = [
        { stream: there, expected: 'absent', actual: 1 },
        { stream: there, expected: 0, actual: 1 },
        { stream: there, expected: 2, actual: 1 },
        { stream: absent, expected: 0, actual: -1 },
      ] as const;
      for (const { stream, expected, actual } of conflicts) {
        const outcome = await appendOne(store, stream, expected, newEvent(`late ${stream} ${expected}`));
        expect(outcome).toEqual({ status: 'conflict', stream, actual });
      }
      expect(await allOf(store)).toHaveLength(2);
    });

    it('takes streams for different whose names differ in the category alone', async () => {
      const store = await log.connect();
      for (const [n, category] of [
        [1, 'profile'],
        [2, 'loyalty'],
        [1, 'loyalty'],
      ] as const)
        expect(await appendOne(store, streamName(n, category), 'absent', newEvent(`${category} ${n}`))).toMatchObject({
          status: 'appended',
        });
      expect(idsOf(await store.readStream(streamName(1, 'loyalty')))).toEqual([newEvent('loyalty 1').id]);
      expect(await store.readStream(streamName(2, 'profile'))).toEqual([]);
      expect(await store.readStream(streamName(1, 'lifecycle'))).toEqual([]);
    });

    it("writes 'absent-or-skip' to an absent stream and leaves another as it is", async () => {
      const store = await log.connect();
      const first = await appendOne(store, streamName(1), 'absent-or-skip', newEvent('a'));
      expect(positionOf(first)).toBe(await store.head());
      const last = await appendOne(store, streamName(2), 'absent', newEvent('b'));
      const skipped = await appendOne(store, streamName(1), 'absent-or-skip', newEvent('c'));
      expect(positionOf(skipped)).toBe(positionOf(last));
      expect(await allOf(store)).toHaveLength(2);
    });

    it('answers each unit of a call on its own, conflicts in between', async () => {
      const store = await log.connect();
      const outcomes = await store.append([
        unit(streamName(1), 'absent', newEvent('a')),
        unit(streamName(1), 'absent', newEvent('b')),
        unit(streamName(2), 5, newEvent('c')),
        unit(streamName(1), 0, newEvent('d')),
        unit(streamName(1), 'absent-or-skip', newEvent('e')),
        unit(streamName(2), 'absent-or-skip', newEvent('f')),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'appended',
        'conflict',
        'conflict',
        'appended',
        'appended',
        'appended',
      ]);
      expect(outcomes[1]).toEqual({ status: 'conflict', stream: streamName(1), actual: 0 });
      expect(outcomes[2]).toEqual({ status: 'conflict', stream: streamName(2), actual: -1 });
      const names = (await allOf(store)).map(({ data }) => Object.values(data)[0]);
      expect(log.byPromisedOrder(names)).toEqual(['a', 'd', 'f']);
      expect(names.indexOf('a')).toBeLessThan(names.indexOf('d'));
    });

    it('answers thousands of units in one call in order', async () => {
      const store = await log.connect();
      const units = Array.from({ length: 5_000 }, (_, n) =>
        // Every tenth meets the stream of the one before it.
        unit(streamName(n % 10 === 9 ? n - 1 : n), 'absent', newEvent(`bulk ${n}`)),
      );
      const outcomes = await store.append(units);
      expect(outcomes.map(({ status }) => status)).toEqual(
        units.map((_, n) => (n % 10 === 9 ? 'conflict' : 'appended')),
      );
      const positions = outcomes.flatMap((outcome) => (outcome.status === 'appended' ? [outcome.position] : []));
      expect((await allOf(store)).map(({ position }) => position)).toEqual(log.byPromisedOrder(positions));
    });

    it('writes a unit of several streams in order, and answers the position of its last event', async () => {
      const store = await log.connect();
      const [outcome] = await store.append([
        [
          { stream: streamName(1, 'profile'), expected: 'absent-or-skip', events: [newEvent('registered')] },
          { stream: streamName(1), expected: 'absent', events: [newEvent('purchase'), newEvent('claim')] },
        ],
      ]);
      const events = await allOf(store);
      expect(events.map(({ data }) => data)).toEqual([{ name: 'registered' }, { name: 'purchase' }, { name: 'claim' }]);
      expect(positionOf(outcome)).toBe(events[2]?.position);
    });

    it('writes nothing of a unit from its conflict on, and nothing at all where units are atomic', async () => {
      const store = await log.connect();
      await appendOne(store, streamName(2), 'absent', newEvent('before'));
      const [outcome] = await store.append([
        [
          { stream: streamName(1), expected: 'absent', events: [newEvent('a')] },
          { stream: streamName(2), expected: 'absent', events: [newEvent('b')] },
          { stream: streamName(3), expected: 'absent', events: [newEvent('c')] },
        ],
      ]);
      expect(outcome).toEqual({ status: 'conflict', stream: streamName(2), actual: 0 });
      expect(await store.readStream(streamName(1))).toHaveLength(log.atomicUnits ? 0 : 1);
      expect(await store.readStream(streamName(2))).toHaveLength(1);
      expect(await store.readStream(streamName(3))).toHaveLength(0);
      expect(await appendOne(store, streamName(1), log.atomicUnits ? 'absent' : 0, newEvent('d'))).toMatchObject({
        status: 'appended',
      });
    });

    it('lets a unit append to one stream twice', async () => {
      const store = await log.connect();
      const [outcome] = await store.append([
        [
          { stream: streamName(1), expected: 'absent', events: [newEvent('a'), newEvent('b')] },
          { stream: streamName(1), expected: 1, events: [newEvent('c')] },
        ],
      ]);
      expect(outcome?.status).toBe('appended');
      expect((await store.readStream(streamName(1))).map(({ revision }) => revision)).toEqual([0, 1, 2]);
    });

    it('knows a retry by the ids of its events, and answers as it did before', async () => {
      const store = await log.connect();
      const units: AppendUnit[] = [
        unit(streamName(1), 'absent', newEvent('a'), newEvent('b')),
        [
          { stream: streamName(2), expected: 'absent', events: [newEvent('c')] },
          { stream: streamName(3), expected: 'absent-or-skip', events: [newEvent('d')] },
        ],
      ];
      const first = await store.append(units);
      expect(await store.append(units)).toEqual(first);
      await appendOne(store, streamName(1), 1, newEvent('e'));
      await appendOne(store, streamName(3), 0, newEvent('f'));
      expect(await store.append(units)).toEqual(first);
      expect(await appendOne(store, streamName(1), 1, newEvent('e'))).toMatchObject({ status: 'appended' });
      expect(await allOf(store)).toHaveLength(6);
    });

    it('takes nothing for a retry that is none', async () => {
      const store = await log.connect();
      await appendOne(store, streamName(1), 'absent', newEvent('a'), newEvent('b'));
      const conflict = { status: 'conflict', stream: streamName(1), actual: 1 };
      expect(await appendOne(store, streamName(1), 'absent', newEvent('b'))).toEqual(conflict);
      expect(await appendOne(store, streamName(1), 'absent', newEvent('a'), newEvent('c'))).toEqual(conflict);
      expect(await appendOne(store, streamName(1), 'absent', newEvent('a'), newEvent('b'), newEvent('c'))).toEqual(
        conflict,
      );
      expect(await allOf(store)).toHaveLength(2);
    });

    it('I3: of many writers of one stream each loses or wins, no update is lost, no revision missing', async () => {
      const clients = await Promise.all([1, 2, 3].map(() => log.connect()));
      const [perWriter, writers] = [15, 9];
      let conflicts = 0;
      const write = async (store: EventStore, writer: number): Promise<void> => {
        let expected = -1;
        for (let n = 0; n < perWriter; ) {
          const event = newEvent(`writer ${writer}, event ${n}`);
          const outcome = await appendOne(store, streamName(1), expected < 0 ? 'absent' : expected, event);
          if (outcome.status === 'conflict') {
            conflicts++;
            expected = outcome.actual;
          } else {
            expected++;
            n++;
          }
        }
      };
      await Promise.all(
        Array.from({ length: writers }, (_, writer) =>
          clients.map((store) => write(store, writer * 3 + clients.indexOf(store))),
        ).flat(),
      );
      const total = perWriter * writers * clients.length;
      const [reader] = clients;
      const events = (await reader?.readStream(streamName(1))) ?? [];
      expect(events.map(({ revision }) => revision)).toEqual(Array.from({ length: total }, (_, n) => n));
      expect(new Set(idsOf(events)).size).toBe(total);
      expect(conflicts).toBeGreaterThan(0);
    });

    it('gives positions that order as strings, in the order of the answers', async () => {
      const store = await log.connect();
      const events = Array.from({ length: 120 }, (_, n) => newEvent(`ordered ${n}`));
      const positions = await appendEach(store, streamName(1), events);
      expect(positions).toEqual([...positions].sort());
      expect(new Set(positions).size).toBe(120);
      expect(new Set(positions.map(({ length }) => length)).size).toBe(1);
      expect((await allOf(store)).map(({ position }) => position)).toEqual(positions);
    });

    it('I11: never records an event before an earlier one, whatever the clocks say', async () => {
      let now = 2_000;
      const [store, slow] = [await log.connect({ now: () => now }), await log.connect({ now: () => 500 })];
      const record = async (client: EventStore, n: number): Promise<void> => {
        await appendOne(client, streamName(n), 'absent', newEvent(`clock ${n}`));
      };
      await record(store, 1);
      now = 1_000;
      await record(store, 2);
      await record(slow, 3);
      now = 3_000;
      await record(store, 4);
      await log.restart();
      await record(await log.connect({ now: () => 1 }), 5);
      const times = (await allOf(await log.connect())).map(({ recordedAt }) => recordedAt);
      expect(times).toEqual([2_000, 2_000, 2_000, 3_000, 3_000]);
    });

    it('keeps what it answered for over a restart', async () => {
      const before = await log.connect();
      await appendOne(before, streamName(1), 'absent', newEvent('a', { customerId: hex(1), personal: { name: 'x' } }));
      const events = await allOf(before);
      await log.restart();
      const store = await log.connect();
      expect(await allOf(store)).toStrictEqual(events);
      expect(await appendOne(store, streamName(1), 0, newEvent('b'))).toMatchObject({ status: 'appended' });
    });

    it('takes a large event, and refuses one above the limit with all of its call', async () => {
      const store = await log.connect();
      const withText = (text: string): Parameters<typeof newEvent>[1] => ({ data: { text } });
      const large = newEvent('large', withText('x'.repeat(MAX_EVENT_BYTES - 1_024)));
      await appendOne(store, streamName(1), 'absent', large);
      expect(await store.readStream(streamName(1))).toMatchObject([{ data: large.data }]);
      const tooLarge = [
        newEvent('too large', withText('x'.repeat(MAX_EVENT_BYTES))),
        newEvent('too large in bytes', withText('咨'.repeat(MAX_EVENT_BYTES / 3))),
        newEvent('too large together', {
          ...withText('x'.repeat(MAX_EVENT_BYTES - 1_024)),
          personal: withText('x'.repeat(2_000)) ?? {},
        }),
      ];
      for (const event of tooLarge) {
        const call = store.append([
          unit(streamName(2), 'absent', newEvent('small')),
          unit(streamName(3), 'absent', event),
        ]);
        await expect(call).rejects.toThrow(EventTooLargeError);
      }
      expect(await allOf(store)).toHaveLength(1);
      expect(await appendOne(store, streamName(2), 'absent', newEvent('small'))).toMatchObject({ status: 'appended' });
    });

    it('takes more at once than it holds at once', async () => {
      const store = await log.connect();
      const text = 'x'.repeat(400_000);
      const calls = Array.from({ length: 120 }, (_, n) =>
        appendOne(store, streamName(n), 'absent', newEvent(`much ${n}`, { data: { text } })),
      );
      const outcomes = await Promise.all(calls);
      expect(outcomes.every(({ status }) => status === 'appended')).toBe(true);
      expect(await store.head()).toBe(outcomes.map(positionOf).sort().at(-1));
    });

    it('refuses what is malformed', async () => {
      const store = await log.connect();
      const malformed: AppendUnit[] = [
        [],
        unit('purchase-1', 'absent', newEvent('a')),
        unit(`PURCHASE-${hex(1)}`, 'absent', newEvent('a')),
        unit(hex(1), 'absent', newEvent('a')),
        unit(streamName(1), 'absent'),
        unit(streamName(1), -1, newEvent('a')),
        unit(streamName(1), 0.5, newEvent('a')),
        unit(streamName(1), 'absent', newEvent('a', { id: 'a' })),
        unit(streamName(1), 'absent', newEvent('a', { id: hex(10).toUpperCase() })),
        unit(streamName(1), 'absent', newEvent('a', { customerId: 'jane' })),
        unit(streamName(1), 'absent', newEvent('a', { type: '' })),
        unit(streamName(1), 'absent', newEvent('a', { version: Number.NaN })),
        unit(streamName(1), 'absent', newEvent('a', { occurredAt: 1.5 })),
        unit(streamName(1), 'absent', newEvent('a', { data: ['no object'] })),
        unit(streamName(1), 'absent', newEvent('a', { metadata: { ...newEvent('a').metadata, actor: '' } })),
      ];
      for (const bad of malformed) await expect(store.append([bad])).rejects.toThrow(InvalidAppendError);
      expect(await store.append([])).toEqual([]);
      expect(await allOf(store)).toEqual([]);
    });

    it('finishes on close what it has taken, and takes nothing after', async () => {
      const store = await log.connect();
      const accepted = Array.from({ length: 300 }, (_, n) =>
        appendOne(store, streamName(n), 'absent', newEvent(`accepted ${n}`)),
      );
      const closed = store.close();
      await expect(appendOne(store, streamName(999), 'absent', newEvent('late'))).rejects.toThrow(
        StoreUnavailableError,
      );
      const outcomes = await Promise.all(accepted);
      await closed;
      await store.close();
      expect(outcomes.every(({ status }) => status === 'appended')).toBe(true);
      await expect(store.readAll({ limit: 1 })).rejects.toThrow(StoreUnavailableError);
      const reader = await log.connect();
      const positions = outcomes.map(positionOf);
      expect((await allOf(reader)).map(({ position }) => position)).toEqual(log.byPromisedOrder(positions));
    });
  });
};
