import { describe, expect, it } from 'vitest';
import type { EventStore, StoredEvent } from '../port.ts';
import {
  appendEach,
  appendOne,
  type EventStoreHarness,
  eachTestItsLog,
  idsOf,
  newEvent,
  positionOf,
  streamName,
} from './harness.ts';

const events = (prefix: string, length: number): ReturnType<typeof newEvent>[] =>
  Array.from({ length }, (_, n) => newEvent(`${prefix} ${n}`));

export const subscribeContract = (name: string, create: () => Promise<EventStoreHarness>): void => {
  describe(`event store ${name}: subscribe`, () => {
    const log = eachTestItsLog(create);

    /** Page by page, by hand. */
    const pagesOf = (
      store: EventStore,
      options: { after?: string; pageSize?: number; signal?: AbortSignal } = {},
    ): AsyncIterator<readonly StoredEvent[]> =>
      store.subscribe({ signal: new AbortController().signal, ...options })[Symbol.asyncIterator]();

    const nextIds = async (pages: AsyncIterator<readonly StoredEvent[]>): Promise<string[]> => {
      const { value, done } = await pages.next();
      if (done) throw new Error('the subscription has ended');
      return idsOf(value);
    };

    it('gives the log from its beginning in pages, then each event as it comes, from any client', async () => {
      const [store, other] = [await log.connect(), await log.connect()];
      const past = events('past', 5);
      await appendEach(store, streamName(1), past);
      const pages = pagesOf(store, { pageSize: 2 });
      expect(await nextIds(pages)).toEqual(idsOf(past.slice(0, 2)));
      expect(await nextIds(pages)).toEqual(idsOf(past.slice(2, 4)));
      expect(await nextIds(pages)).toEqual(idsOf(past.slice(4)));
      for (const [n, client] of [store, other, other, store].entries()) {
        const waiting = nextIds(pages);
        await appendOne(client, streamName(10 + n), 'absent', newEvent(`live ${n}`));
        expect(await waiting).toEqual([newEvent(`live ${n}`).id]);
      }
    });

    it('wakes each of many that wait', async () => {
      const clients = [await log.connect(), await log.connect()];
      const waiting = clients.flatMap((client) => [pagesOf(client), pagesOf(client)]).map(nextIds);
      await appendOne(clients[0] as EventStore, streamName(1), 'absent', newEvent('a'));
      expect(await Promise.all(waiting)).toEqual(Array(4).fill([newEvent('a').id]));
    });

    it('starts after a position', async () => {
      const store = await log.connect();
      const [, second] = await appendEach(store, streamName(1), events('from', 4));
      const pages = pagesOf(store, { after: second ?? '' });
      expect(await nextIds(pages)).toEqual(idsOf(events('from', 4).slice(2)));
      const waiting = nextIds(pagesOf(store, { after: (await store.head()) ?? '' }));
      await appendOne(store, streamName(2), 'absent', newEvent('later'));
      expect(await waiting).toEqual([newEvent('later').id]);
    });

    it('I14: reads no page ahead of a slow consumer, and misses nothing', async () => {
      const store = await log.connect();
      const past = events('slow', 3);
      await appendEach(store, streamName(1), past);
      const pages = pagesOf(store, { pageSize: 2 });
      expect(await nextIds(pages)).toEqual(idsOf(past.slice(0, 2)));
      // Were the second page read by now, it would be a short one.
      const more = events('meanwhile', 2);
      await appendEach(store, streamName(2), more);
      expect(await nextIds(pages)).toEqual(idsOf([...past.slice(2), ...more.slice(0, 1)]));
      expect(await nextIds(pages)).toEqual(idsOf(more.slice(1)));
    });

    it('misses nothing and repeats nothing while many write', async () => {
      const [store, writer] = [await log.connect(), await log.connect()];
      const total = 600;
      const seen: StoredEvent[] = [];
      const controller = new AbortController();
      const follow = (async () => {
        for await (const page of store.subscribe({ pageSize: 7, signal: controller.signal })) {
          seen.push(...page);
          if (seen.length >= total) break;
        }
      })();
      const outcomes = await Promise.all(
        Array.from({ length: total }, (_, n) =>
          appendOne(n % 2 ? store : writer, streamName(n), 'absent', newEvent(`many ${n}`)),
        ),
      );
      await follow;
      expect(seen.map(({ position }) => position)).toEqual(outcomes.map(positionOf).sort());
    });

    it('ends when its signal aborts: before it begins, with events at hand, and while it waits', async () => {
      const store = await log.connect();
      expect((await pagesOf(store, { signal: AbortSignal.abort() }).next()).done).toBe(true);
      await appendEach(store, streamName(1), events('abort', 3));
      const controller = new AbortController();
      const pages = pagesOf(store, { pageSize: 1, signal: controller.signal });
      await pages.next();
      controller.abort();
      expect((await pages.next()).done).toBe(true);
      const later = new AbortController();
      const waiting = pagesOf(store, { after: (await store.head()) ?? '', signal: later.signal }).next();
      later.abort();
      expect((await waiting).done).toBe(true);
    });

    it('ends when its client is closed', async () => {
      const store = await log.connect();
      const waiting = pagesOf(store).next();
      await store.close();
      expect((await waiting).done).toBe(true);
    });
  });
};
