import { describe, expect, it } from 'vitest';
import { appendEach, appendOne, type EventStoreHarness, eachTestItsLog, hex, newEvent, streamName } from './harness.ts';

export const checkpointContract = (name: string, create: () => Promise<EventStoreHarness>): void => {
  describe(`event store ${name}: checkpoints`, () => {
    const log = eachTestItsLog(create);
    const another = eachTestItsLog(create);

    it('names the log, its epoch and the event at each position', async () => {
      const store = await log.connect();
      const beginning = await store.checkpointAt(null);
      expect(beginning).toMatchObject({ ...store.identity, eventId: null });
      expect(store.identity.logId).toMatch(/^[0-9a-f]{32}$/);
      const positions = await appendEach(store, streamName(1), [newEvent('a'), newEvent('b')]);
      for (const [n, text] of ['a', 'b'].entries()) {
        const position = positions[n] ?? '';
        expect(await store.checkpointAt(position)).toEqual({ ...store.identity, position, eventId: newEvent(text).id });
      }
      expect((beginning?.position ?? '') < (positions[0] ?? '')).toBe(true);
      expect((await store.readAll({ limit: 10, after: beginning?.position ?? '' })).length).toBe(2);
    });

    it('has none beyond the end', async () => {
      const store = await log.connect();
      await appendOne(store, streamName(1), 'absent', newEvent('a'));
      const elsewhere = await another.connect();
      const [, beyond] = await appendEach(elsewhere, streamName(1), [newEvent('a'), newEvent('b')]);
      expect(await store.checkpointAt(beyond ?? '')).toBeUndefined();
    });

    it('recognises its own, over a restart too', async () => {
      const before = await log.connect();
      const [position] = await appendEach(before, streamName(1), [newEvent('a'), newEvent('b')]);
      const checkpoints = [await before.checkpointAt(null), await before.checkpointAt(position ?? '')];
      await log.restart();
      const store = await log.connect();
      for (const checkpoint of checkpoints) expect(checkpoint && (await store.recognises(checkpoint))).toBe(true);
    });

    it('does not recognise those of another log, another epoch or another event', async () => {
      const [store, elsewhere] = [await log.connect(), await another.connect()];
      const [position] = await appendEach(store, streamName(1), [newEvent('a')]);
      await appendEach(elsewhere, streamName(1), [newEvent('a')]);
      const checkpoint = await store.checkpointAt(position ?? '');
      if (!checkpoint) throw new Error('no checkpoint at the position of an event');
      expect(await store.recognises(checkpoint)).toBe(true);
      expect(await elsewhere.recognises(checkpoint)).toBe(false);
      const strangers = [
        { ...checkpoint, logId: hex(5) },
        { ...checkpoint, epoch: checkpoint.epoch + 1 },
        { ...checkpoint, eventId: newEvent('b').id },
        { ...checkpoint, eventId: null },
      ];
      for (const stranger of strangers) expect(await store.recognises(stranger)).toBe(false);
      const [, beyond] = await appendEach(elsewhere, streamName(2), [newEvent('c'), newEvent('d')]);
      expect(await store.recognises({ ...checkpoint, position: beyond ?? '' })).toBe(false);
    });
  });
};
