import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EventStoreDBServer } from '../servers/index.ts';
import {
  appendPaths,
  collect,
  connect,
  counted,
  doubleForTest,
  head,
  newEvent,
  newEvents,
  newStream,
  onDoubleOnly,
  realServer,
  rejection,
  take,
} from './client-harness.ts';

// What the client does and gets when things go wrong. It needs a server that can be told to fail, and be killed.

describe.skipIf(realServer !== undefined)(onDoubleOnly('under failures'), () => {
  let server: EventStoreDBServer;
  let client: EventStoreDBClient;

  beforeEach(async () => {
    server = await doubleForTest();
    client = connect(server.url);
    // A first append opens the connection.
    await client.appendToStream(newStream(), newEvent());
  });

  describe.each(appendPaths)('append by %s', (_, path) => {
    it('whose answer is lost is rejected, though recorded, and its retry answers as it would have', async () => {
      const stream = newStream();
      const events = newEvents(3);
      const append = () => client.appendToStream(stream, events, { expectedRevision: 'no_stream', ...path });
      await server.failures.dropAnswers(1);
      await rejection(append());
      expect(await collect(connect(server.url).readStream(stream))).toHaveLength(3);
      expect(await append()).toMatchObject({ success: true, nextExpectedRevision: 2n });
      expect(await collect(client.readStream(stream))).toHaveLength(3);
    });

    it('that breaks is rejected, and not recorded', async () => {
      const stream = newStream();
      const append = () => client.appendToStream(stream, newEvents(3), { expectedRevision: 'no_stream', ...path });
      await server.failures.breakAppends(1);
      await rejection(append());
      await rejection(collect(connect(server.url).readStream(stream)));
      expect(await append()).toMatchObject({ success: true, nextExpectedRevision: 2n });
    });

    it('is refused as unavailable for a while, and taken after that', async () => {
      const append = () => client.appendToStream(newStream(), newEvent(), { ...path });
      await server.failures.refuse(60_000);
      // The client makes an error of its own of it, with a type, or lets the error of gRPC through.
      expect(await rejection(append())).toMatchObject({ code: 14 });
      expect(await rejection(append())).toMatchObject({ code: 14 });
      await server.failures.heal();
      expect(await append()).toMatchObject({ success: true });
    });

    it('is answered late', async () => {
      await server.failures.delayAnswers(300);
      const before = performance.now();
      await client.appendToStream(newStream(), newEvent(), { ...path });
      expect(performance.now() - before).toBeGreaterThanOrEqual(290);
    });
  });

  it('a deadline ends an append by Append, and not one by BatchAppend', async () => {
    await server.failures.delayAnswers(400);
    const append = (path: object) => client.appendToStream(newStream(), newEvent(), { deadline: 100, ...path });
    const [byBatchAppend, byAppend] = await Promise.allSettled(appendPaths.map(([, path]) => append(path)));
    expect(byBatchAppend).toMatchObject({ status: 'fulfilled' });
    expect(byAppend).toMatchObject({ status: 'rejected', reason: { type: 'deadline-exceeded' } });
  });

  it('a read that breaks half-way is rejected after some of its events, and can be repeated', async () => {
    const stream = newStream();
    await client.appendToStream(stream, newEvents(100));
    await server.failures.breakReads(2, 10);
    for (const read of [() => client.readStream(stream), () => client.readAll()]) {
      const seen: unknown[] = [];
      const broken = await rejection(
        (async () => {
          for await (const event of read()) seen.push(event);
        })(),
      );
      expect(broken).toMatchObject({ type: 'unavailable' });
      expect(seen.length).toBeLessThanOrEqual(10);
    }
    expect(await collect(client.readStream(stream))).toHaveLength(100);
  });

  it('a subscription that breaks goes on from the last event, with none missed and none twice', async () => {
    const category = newStream();
    const from = await head(client);
    await client.appendToStream(category, newEvents(50));
    await server.failures.breakReads(3, 13);
    const seen: unknown[] = [];
    let fromPosition = from;
    let breaks = 0;
    while (seen.length < 50) {
      const subscription = client.subscribeToAll({ fromPosition });
      try {
        for await (const { event } of subscription) {
          if (event?.streamId === category) seen.push(...counted([{ event }]));
          if (event) fromPosition = event.position;
          if (seen.length === 50) break;
        }
      } catch (error) {
        expect(error).toMatchObject({ type: 'unavailable' });
        breaks++;
      }
    }
    expect(breaks).toBe(3);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  it('after kill -9 has every append that was answered, once, in its place', async () => {
    const answered = new Map<string, { position: bigint; revision: bigint }>();
    for (let round = 0; round < 3; round++) {
      let killed = false;
      let left = 200 + 37 * round;
      const enough = Promise.withResolvers<void>();
      const write = async (): Promise<void> => {
        const stream = newStream();
        for (let revision = -1n; !killed; revision++) {
          const event = newEvent();
          const expectedRevision = revision < 0n ? 'no_stream' : revision;
          try {
            const { position } = await client.appendToStream(stream, event, { expectedRevision });
            answered.set(event.id, { position: position?.commit ?? -1n, revision: revision + 1n });
            if (--left === 0) enough.resolve();
          } catch (error) {
            if (!killed) enough.reject(error);
          }
        }
      };
      const writers = Array.from({ length: 20 }, write);
      await enough.promise;
      killed = true;
      await server.kill();
      await Promise.all(writers);
      await server.start();
      client = connect(server.url);
    }
    const events = await collect(client.readAll());
    const byId = new Map(events.map(({ event }) => [event?.id, event]));
    expect(byId.size).toBe(events.length);
    for (const [id, { position, revision }] of answered) {
      expect(byId.get(id)?.position).toEqual({ commit: position, prepare: position });
      expect(byId.get(id)?.revision).toBe(revision);
    }
    expect(answered.size).toBeGreaterThanOrEqual(3 * 200);
  });

  it('remembers over a restart what makes an append a retry', async () => {
    const stream = newStream();
    const events = newEvents(2);
    const first = await client.appendToStream(stream, events, { expectedRevision: 'no_stream' });
    const any = newEvent();
    await client.appendToStream(stream, any);
    await server.kill();
    await server.start();
    expect(await client.appendToStream(stream, events, { expectedRevision: 'no_stream' })).toEqual(first);
    expect(await client.appendToStream(stream, any)).toMatchObject({ nextExpectedRevision: 2n });
    expect(await collect(client.readStream(stream))).toHaveLength(3);
  });

  it('remembers over a restart what was deleted and what ended', async () => {
    const [deleted, back, ended] = [newStream(), newStream(), newStream()];
    for (const stream of [deleted, back, ended]) await client.appendToStream(stream, newEvents(2));
    await client.deleteStream(deleted);
    await client.deleteStream(back);
    await client.appendToStream(back, newEvent(2));
    await client.tombstoneStream(ended);
    await server.kill();
    await server.start();
    expect(await rejection(collect(client.readStream(deleted)))).toMatchObject({ type: 'stream-not-found' });
    expect(counted(await collect(client.readStream(back)))).toEqual([2]);
    expect(await rejection(collect(client.readStream(ended)))).toMatchObject({ type: 'stream-deleted' });
  });

  it('a subscription ends with an error when the server goes, and another goes on after it is back', async () => {
    const category = newStream();
    await client.appendToStream(category, newEvents(3));
    const subscription = client.subscribeToStream(category);
    const caughtUp = new Promise((resolve) => subscription.once('caughtUp', resolve));
    const ended = rejection(collect(subscription));
    await caughtUp;
    await server.kill();
    expect(await ended).toMatchObject({ type: 'unavailable' });
    await server.start();
    await client.appendToStream(category, newEvent(3));
    expect(counted(await take(client.subscribeToStream(category, { fromRevision: 1n }), 2))).toEqual([2, 3]);
  });

  it('the first append after a restart succeeds', async () => {
    await server.kill();
    const refused = await rejection(client.appendToStream(newStream(), newEvent()));
    expect(refused).toBeInstanceOf(Error);
    await server.start();
    expect(await client.appendToStream(newStream(), newEvent())).toMatchObject({ success: true });
  });

  it('an older server, which knows Append only, is served by it', async () => {
    const older = connect((await doubleForTest({ batchAppend: false })).url);
    const [stream, id] = [newStream(), randomUUID()];
    await older.appendToStream(stream, { ...newEvent(), id }, { expectedRevision: 'no_stream' });
    expect((await collect(older.readStream(stream)))[0]?.event?.id).toBe(id);
  });

  it('writes events of its own as often as it is asked to', async () => {
    const busy = connect((await doubleForTest({ systemEventEvery: 10 })).url);
    for (const event of newEvents(35)) await busy.appendToStream(newStream(), event);
    const own = (await collect(busy.readAll())).filter(({ event }) => event?.type === '$statsCollected');
    expect(own).toHaveLength(4);
    const quiet = connect((await doubleForTest({ systemEventAtStart: false })).url);
    expect(await collect(quiet.readAll())).toEqual([]);
  });
});
