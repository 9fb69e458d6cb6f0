import { describe, expect, it } from 'vitest';
import { eventId } from '../event-id.ts';
import type { EventMetadata, NewEvent } from '../port.ts';
import { appendOne, type EventStoreHarness, eachTestItsLog, hex, idsOf, newEvent, streamName } from './harness.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const all = { limit: 1_000 };

const eventOf = (name: string, metadata: Partial<EventMetadata>, overrides: Partial<NewEvent> = {}): NewEvent => {
  const event = newEvent(name, overrides);
  return { ...event, metadata: { ...event.metadata, ...metadata } };
};

export const relatedContract = (name: string, create: () => Promise<EventStoreHarness>): void => {
  describe(`event store ${name}: what belongs together`, () => {
    const log = eachTestItsLog(create);

    it('is read by its correlation id over all streams, customers and none, in log order, up to a number', async () => {
      const store = await log.connect();
      const story = { correlationId: 'story' };
      const events = [
        eventOf('by a request', { ...story, causationId: 'story' }, { customerId: hex(1), personal: { name: 'Jane' } }),
        eventOf('of nobody', story),
        eventOf('of another customer', story, { customerId: hex(2) }),
        eventOf('by an event', { ...story, causationId: eventId('by a request', 0) }, { customerId: hex(1) }),
        // The log may hold an id once that is the same three times.
        eventOf('command', { commandId: 'story', causationId: 'story', ...story }),
      ];
      for (const [n, event] of events.entries()) {
        await appendOne(store, streamName(n), 'absent', event);
        await appendOne(store, streamName(n + 100), 'absent', newEvent(`other ${n}`, { customerId: hex(1) }));
      }
      const found = await store.readCorrelation('story', all);
      expect(found).toEqual((await store.readAll(all)).filter(({ metadata }) => metadata.correlationId === 'story'));
      expect(idsOf(found)).toEqual(idsOf(events));
      expect(found[0]?.personal).toEqual({ name: 'Jane' });
      expect(idsOf(await store.readCorrelation('story', { limit: 2 }))).toEqual(idsOf(events.slice(0, 2)));
      expect(await store.readCorrelation('story', { limit: 0 })).toEqual([]);
    });

    it('is told from what only names or resembles it', async () => {
      const store = await log.connect();
      const strange = 'a "quoted"/id\\%_[x]-é';
      await appendOne(store, streamName(1), 'absent', eventOf('strange', { correlationId: strange }));
      await appendOne(store, streamName(2), 'absent', eventOf('cause', { causationId: 'named', correlationId: 'x' }));
      await appendOne(store, streamName(3), 'absent', eventOf('command', { commandId: 'named', correlationId: 'y' }));
      await appendOne(store, streamName(4), 'absent', eventOf('longer', { correlationId: 'longer-named' }));
      expect(idsOf(await store.readCorrelation(strange, all))).toEqual([eventId('strange', 0)]);
      for (const id of ['named', 'nobody', 'longer', '', '%', 'Longer-named'])
        expect(await store.readCorrelation(id, all)).toEqual([]);
    });

    it('is read by its trace id', async () => {
      const store = await log.connect();
      const traceparent = (span: string): string => `00-${traceId}-${span.repeat(16)}-01`;
      const [first, second] = [
        eventOf('first', { traceparent: traceparent('a'), correlationId: 'one' }, { customerId: hex(1) }),
        eventOf('second', { traceparent: traceparent('b'), correlationId: 'two' }),
      ];
      await appendOne(store, streamName(1), 'absent', first);
      const other = traceId.replace('4b', '4c');
      await appendOne(
        store,
        streamName(2),
        'absent',
        eventOf('other', { traceparent: `00-${other}-${'a'.repeat(16)}-01` }),
      );
      await appendOne(store, streamName(3), 'absent', eventOf('named', { correlationId: `-${traceId}-` }));
      await appendOne(store, streamName(4), 'absent', second);
      expect(idsOf(await store.readTrace(traceId, all))).toEqual(idsOf([first, second]));
      expect(idsOf(await store.readTrace(traceId, { limit: 1 }))).toEqual(idsOf([first]));
      expect(await store.readTrace('0'.repeat(32), all)).toEqual([]);
    });

    it('is there for every client as soon as it was answered, and after a restart', async () => {
      const [store, other] = [await log.connect(), await log.connect()];
      for (let n = 1; n <= 20; n++) {
        const event = eventOf(`seen ${n}`, { correlationId: 'story' }, n % 2 === 0 ? { customerId: hex(1) } : {});
        await appendOne(store, streamName(n), 'absent', event);
        for (const reader of [store, other]) expect(await reader.readCorrelation('story', all)).toHaveLength(n);
      }
      await log.restart();
      expect(await (await log.connect()).readCorrelation('story', all)).toHaveLength(20);
    });

    it('comes without the personal data of who was erased', async () => {
      const store = await log.connect();
      const story = { correlationId: 'story' };
      for (const n of [1, 2]) {
        const event = eventOf(`of ${n}`, story, { customerId: hex(n), personal: { name: `${n}` } });
        await appendOne(store, streamName(n), 'absent', event);
      }
      await log.destroyKey(hex(1));
      expect((await store.readCorrelation('story', all)).map(({ personal, erased }) => personal ?? erased)).toEqual([
        true,
        { name: '2' },
      ]);
    });

    it('is not read on for whoever has given up', async () => {
      const store = await log.connect();
      await appendOne(store, streamName(1), 'absent', eventOf('a', { correlationId: 'story' }));
      const signal = AbortSignal.abort(new Error('given up'));
      await expect(store.readCorrelation('story', { limit: 10, signal })).rejects.toThrow('given up');
      await expect(store.readTrace(traceId, { limit: 10, signal })).rejects.toThrow('given up');
    });
  });
};
