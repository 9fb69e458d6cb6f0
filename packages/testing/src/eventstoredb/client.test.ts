import { randomUUID } from 'node:crypto';
import {
  binaryEvent,
  type EventStoreDBClient,
  eventTypeFilter,
  excludeSystemEvents,
  MaxAppendSizeExceededError,
  type Position,
  StreamDeletedError,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventStoreDBServer, startEventStoreDB } from '../servers/index.ts';
import {
  appendPaths,
  collect,
  connect,
  counted,
  head,
  newEvent,
  newEvents,
  newStream,
  positionsOf,
  realServer,
  rejection,
  take,
} from './client-harness.ts';

// What the client does and gets, on the double as on a server: with TENURE_EVENTSTOREDB_URL it runs against that.

let double: EventStoreDBServer | undefined;
let url = realServer ?? '';
let client: EventStoreDBClient;

beforeAll(async () => {
  if (realServer !== undefined) return;
  double = await startEventStoreDB();
  url = double.url;
});

afterAll(() => double?.stop());

beforeEach(() => {
  client = connect(url);
});

describe.each(appendPaths)('append by %s', (_, path) => {
  it('answers with the revision and the position of the last event, which grow', async () => {
    const stream = newStream();
    const first = await client.appendToStream(stream, newEvents(3), { expectedRevision: 'no_stream', ...path });
    const second = await client.appendToStream(stream, newEvent(3), { expectedRevision: 2n, ...path });
    expect([first.nextExpectedRevision, second.nextExpectedRevision]).toEqual([2n, 3n]);
    const events = await collect(client.readStream(stream));
    expect(counted(events)).toEqual([0, 1, 2, 3]);
    expect(events.map(({ event }) => event?.revision)).toEqual([0n, 1n, 2n, 3n]);
    expect(events[2]?.event?.position).toEqual(first.position);
    expect(events[3]?.event?.position).toEqual(second.position);
    expect(second.position?.commit).toBeGreaterThan(first.position?.commit ?? 0n);
  });

  it('keeps id, type, data, metadata and time of JSON and of bytes', async () => {
    const stream = newStream();
    const json = newEvent(7, '類型');
    const bytes = binaryEvent({ id: randomUUID(), type: 'Bytes', data: Buffer.from([0, 1, 255]) });
    await client.appendToStream(stream, [json, bytes], { ...path });
    const [first, second] = await collect(client.readStream(stream));
    expect(first?.event).toMatchObject({ id: json.id, type: json.type, data: json.data, metadata: json.metadata });
    expect(first?.event).toMatchObject({ streamId: stream, isJson: true });
    expect(Math.abs((first?.event?.created.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000);
    expect(second?.event).toMatchObject({ id: bytes.id, isJson: false });
    expect(Buffer.from(second?.event?.data as Uint8Array)).toEqual(Buffer.from([0, 1, 255]));
  });

  it('refuses what was not expected, and says what is there', async () => {
    const stream = newStream();
    const append = (expectedRevision: bigint | 'no_stream' | 'stream_exists') =>
      rejection(client.appendToStream(stream, newEvent(), { expectedRevision, ...path }));
    expect(await append('stream_exists')).toMatchObject({
      actualVersion: 'no_stream',
      expectedVersion: 'stream_exists',
    });
    expect(await append(0n)).toMatchObject({ actualVersion: 'no_stream', expectedVersion: 0n });
    await client.appendToStream(stream, newEvents(3), { ...path });
    const refused = await append(1n);
    expect(refused).toBeInstanceOf(WrongExpectedVersionError);
    expect(refused).toMatchObject({ streamName: stream, actualVersion: 2n, expectedVersion: 1n });
    expect(await append('no_stream')).toMatchObject({ actualVersion: 2n, expectedVersion: 'no_stream' });
    expect(await append(3n)).toMatchObject({ actualVersion: 2n, expectedVersion: 3n });
    expect(await collect(client.readStream(stream))).toHaveLength(3);
    await client.appendToStream(stream, newEvent(), { expectedRevision: 'stream_exists', ...path });
    await client.appendToStream(stream, newEvent(), { expectedRevision: 'any', ...path });
    expect(await collect(client.readStream(stream))).toHaveLength(5);
  });

  it.each(['no_stream', 'any', 'stream_exists', 1n] as const)(
    'answers a retry that expects %s as the first time, and appends nothing',
    async (expectedRevision) => {
      const stream = newStream();
      if (expectedRevision !== 'no_stream') await client.appendToStream(stream, newEvents(2), { ...path });
      const events = newEvents(3);
      const first = await client.appendToStream(stream, events, { expectedRevision, ...path });
      await client.appendToStream(stream, newEvents(2), { ...path });
      const before = await collect(client.readStream(stream));
      expect(await client.appendToStream(stream, events, { expectedRevision, ...path })).toEqual(first);
      expect(await collect(client.readStream(stream))).toEqual(before);
    },
  );

  it('takes a part of what was appended, or more, for a wrong expected version', async () => {
    const stream = newStream();
    const [a, b, c] = newEvents(3) as [
      ReturnType<typeof newEvent>,
      ReturnType<typeof newEvent>,
      ReturnType<typeof newEvent>,
    ];
    await client.appendToStream(stream, [a, b], { expectedRevision: 'no_stream', ...path });
    const again = (events: (typeof a)[], expectedRevision: 'no_stream' | 'any') =>
      rejection(client.appendToStream(stream, events, { expectedRevision, ...path }));
    expect(await again([a, b, c], 'no_stream')).toBeInstanceOf(WrongExpectedVersionError);
    expect(await again([a, c], 'no_stream')).toBeInstanceOf(WrongExpectedVersionError);
    expect(await again([b, a], 'no_stream')).toBeInstanceOf(WrongExpectedVersionError);
    expect(await again([a, b, c], 'any')).toBeInstanceOf(WrongExpectedVersionError);
    // The first events of what was appended are all there: that is a retry.
    expect(await client.appendToStream(stream, [a], { expectedRevision: 'no_stream', ...path })).toMatchObject({
      nextExpectedRevision: 0n,
    });
    expect(await collect(client.readStream(stream))).toHaveLength(2);
  });

  it('takes the id of an event in another stream for a new event', async () => {
    const event = newEvent();
    const [one, other] = [newStream(), newStream()];
    await client.appendToStream(one, event, { ...path });
    await client.appendToStream(other, event, { ...path });
    expect(await collect(client.readStream(other))).toHaveLength(1);
  });

  it('appends all of an append larger than one message, or nothing above 1 MiB', async () => {
    const stream = newStream();
    const large = (bytes: number) => binaryEvent({ type: 'Large', data: Buffer.alloc(bytes, 1) });
    const parts = Array.from({ length: 10 }, () => large(100_000));
    await client.appendToStream(stream, parts, { batchAppendSize: 250_000, ...path });
    expect(await collect(client.readStream(stream))).toHaveLength(10);
    const refused = await rejection(client.appendToStream(stream, large(1024 * 1024), { ...path }));
    expect(refused).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(refused).toMatchObject({ maxAppendSize: 1024 * 1024 });
    expect(await collect(client.readStream(stream))).toHaveLength(10);
  });

  it('is refused for a stream that ended', async () => {
    const stream = newStream();
    await client.appendToStream(stream, newEvent(), { ...path });
    await client.tombstoneStream(stream);
    const refused = await rejection(client.appendToStream(stream, newEvent(), { ...path }));
    expect(refused).toBeInstanceOf(StreamDeletedError);
    expect(refused).toMatchObject({ streamName: stream });
  });
});

describe('append', () => {
  it('after a first one takes hundreds at once', async () => {
    await client.appendToStream(newStream(), newEvent());
    const streams = Array.from({ length: 600 }, () => newStream());
    const appends = streams.map((stream, n) =>
      client.appendToStream(stream, newEvent(n), { expectedRevision: 'no_stream' }),
    );
    const positions = (await Promise.all(appends)).map(({ position }) => position?.commit);
    expect(new Set(positions).size).toBe(600);
  });

  it('of many writers to one stream lets one in for each revision', async () => {
    const stream = newStream();
    const append = (n: number) => client.appendToStream(stream, newEvent(n), { expectedRevision: 'no_stream' });
    const results = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => append(n)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await collect(client.readStream(stream))).toHaveLength(1);
  });

  it('without throwOnAppendFailure tells a wrong revision by BatchAppend: never use it', async () => {
    const quiet = connect(`${url}${url.includes('?') ? '&' : '?'}throwOnAppendFailure=false`);
    const stream = newStream();
    await client.appendToStream(stream, newEvents(4));
    const refused = (path: object) =>
      quiet.appendToStream(stream, newEvent(), { expectedRevision: 'no_stream', ...path });
    const [byBatchAppend, byAppend] = await Promise.all(appendPaths.map(([, path]) => refused(path)));
    expect(byAppend).toMatchObject({ success: false, nextExpectedRevision: 3n });
    expect(byBatchAppend).toMatchObject({ success: false, nextExpectedRevision: 1n });
  });
});

describe('readStream', () => {
  it('goes both ways from a revision, and stops at maxCount', async () => {
    const stream = newStream();
    await client.appendToStream(stream, newEvents(10));
    const read = async (options: Parameters<EventStoreDBClient['readStream']>[1]) =>
      counted(await collect(client.readStream(stream, options)));
    expect(await read({ fromRevision: 7n })).toEqual([7, 8, 9]);
    expect(await read({ fromRevision: 2n, maxCount: 3 })).toEqual([2, 3, 4]);
    expect(await read({ direction: 'backwards', fromRevision: 'end', maxCount: 3 })).toEqual([9, 8, 7]);
    expect(await read({ direction: 'backwards', fromRevision: 2n })).toEqual([2, 1, 0]);
    expect(await read({ fromRevision: 10n })).toEqual([]);
    expect(await read({ direction: 'backwards', fromRevision: 99n, maxCount: 2 })).toEqual([9, 8]);
  });

  it('rejects for a stream that is not there, was deleted, or ended', async () => {
    const [absent, deleted, ended] = [newStream(), newStream(), newStream()];
    await client.appendToStream(deleted, newEvents(3));
    await client.deleteStream(deleted);
    await client.appendToStream(ended, newEvent());
    await client.tombstoneStream(ended);
    const read = (stream: string) => rejection(collect(client.readStream(stream)));
    expect(await read(absent)).toBeInstanceOf(StreamNotFoundError);
    expect(await read(deleted)).toBeInstanceOf(StreamNotFoundError);
    expect(await read(ended)).toBeInstanceOf(StreamDeletedError);
    await client.appendToStream(deleted, newEvent(3), { expectedRevision: 'no_stream' });
    expect((await collect(client.readStream(deleted))).map(({ event }) => event?.revision)).toEqual([3n]);
  });
});

describe('deleteStream and tombstoneStream', () => {
  it('refuse another revision than expected, and what ended', async () => {
    const stream = newStream();
    await client.appendToStream(stream, newEvents(3));
    expect(await rejection(client.deleteStream(stream, { expectedRevision: 1n }))).toMatchObject({
      type: 'wrong-expected-version',
      expectedVersion: 1n,
      actualVersion: 2n,
    });
    expect(await rejection(client.tombstoneStream(stream, { expectedRevision: 5n }))).toMatchObject({
      type: 'wrong-expected-version',
    });
    await client.tombstoneStream(stream, { expectedRevision: 2n });
    expect(await rejection(client.deleteStream(stream))).toBeInstanceOf(StreamDeletedError);
  });
});

describe('readAll', () => {
  it('has every event once, in order, from a position both ways', async () => {
    const before = await head(client);
    const streams = [newStream(), newStream()] as const;
    for (let n = 0; n < 6; n++) await client.appendToStream(streams[n % 2 === 0 ? 0 : 1], newEvent(n));
    const own = <T extends { event?: { streamId: string } }>(events: T[]) =>
      events.filter(({ event }) => streams.some((stream) => stream === event?.streamId));
    // Forwards the event at the position comes too, backwards it does not.
    const forwards = await collect(client.readAll({ fromPosition: before }));
    expect(forwards[0]?.event?.position).toEqual(before);
    expect(counted(own(forwards))).toEqual([0, 1, 2, 3, 4, 5]);
    const commits = forwards.map(({ event }) => event?.position.commit ?? 0n);
    expect(commits).toEqual([...new Set(commits)].sort((a, b) => (a < b ? -1 : 1)));
    const last = own(forwards)[5]?.event?.position as Position;
    const backwards = await collect(client.readAll({ direction: 'backwards', fromPosition: last, maxCount: 5 }));
    expect(counted(own(backwards))).toEqual([4, 3, 2, 1, 0].slice(0, own(backwards).length));
    expect(await collect(client.readAll({ fromPosition: before, maxCount: 3 }))).toHaveLength(3);
  });

  it('has large events whole, both ways, as reads of their streams do', async () => {
    const before = await head(client);
    const streams = [newStream(), newStream()];
    const bytes = (n: number) => Buffer.alloc(20_000 + n, n);
    for (let n = 0; n < 40; n++)
      await client.appendToStream(streams[n % 2]!, binaryEvent({ type: 'Large', data: bytes(n) }));
    const large = (events: readonly { event?: { streamId: string; data: unknown } | undefined }[]) =>
      events.flatMap(({ event }) => (event && streams.includes(event.streamId) ? [event.data as Uint8Array] : []));
    const forwards = large(await collect(client.readAll({ fromPosition: before })));
    const backwards = large(
      await collect(client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 40 })),
    );
    expect(forwards.map((data) => Buffer.from(data).equals(bytes(data[0]!)))).toEqual(Array(40).fill(true));
    expect(forwards.map((data) => data[0])).toEqual(Array.from({ length: 40 }, (_, n) => n));
    // Others may append to a real server meanwhile.
    expect(backwards).toEqual([...forwards].reverse().slice(0, backwards.length));
    expect(backwards.length).toBeGreaterThan(20);
    const [even] = streams;
    const ofStream = await collect(client.readStream(even!, { direction: 'backwards', fromRevision: 'end' }));
    expect(large(ofStream).map((data) => data[0])).toEqual(Array.from({ length: 20 }, (_, n) => 38 - 2 * n));
  });

  it("has the server's own events among those of its clients", async () => {
    const own = await collect(client.readAll({ fromPosition: 'start', maxCount: 1 }));
    expect(own[0]?.event?.type).toMatch(/^\$/);
  });

  it('has what was deleted, and the event that ended a stream', async () => {
    const before = await head(client);
    const [deleted, ended] = [newStream(), newStream()];
    await client.appendToStream(deleted, newEvent());
    await client.deleteStream(deleted);
    await client.appendToStream(ended, newEvent());
    await client.tombstoneStream(ended);
    const events = await collect(client.readAll({ fromPosition: before }));
    const of = (stream: string) =>
      events.filter(({ event }) => event?.streamId === stream).map(({ event }) => event?.type);
    expect(of(deleted)).toEqual(['Counted']);
    expect(of(`$$${deleted}`)).toEqual(['$metadata']);
    expect(of(ended)).toEqual(['Counted', '$streamDeleted']);
  });

  it('rejects for a position inside of an event', async () => {
    const stream = newStream();
    await client.appendToStream(stream, newEvents(2));
    const { commit, prepare } = (await positionsOf(client, stream))[0]!;
    const inside = { commit: commit + 1n, prepare: prepare + 1n };
    expect(await rejection(collect(client.readAll({ fromPosition: inside })))).toMatchObject({ type: 'unknown' });
  });
});

describe('subscribeToAll', () => {
  it('has what was there, is caught up, and has what comes', async () => {
    const fromPosition = await head(client);
    const category = newStream();
    await client.appendToStream(`${category}-1`, newEvents(3));
    const subscription = client.subscribeToAll({ fromPosition, filter: streamNameFilter({ prefixes: [category] }) });
    const caughtUp = new Promise<void>((resolve) => subscription.once('caughtUp', resolve));
    const events = take(subscription, 5);
    await caughtUp;
    await client.appendToStream(`${category}-2`, newEvent(3));
    await client.appendToStream(newStream(), newEvent(99));
    await client.appendToStream(`${category}-1`, newEvent(4));
    expect(counted(await events)).toEqual([0, 1, 2, 3, 4]);
  });

  it('begins after its position, of which both numbers count', async () => {
    const category = newStream();
    await client.appendToStream(category, newEvents(3));
    const { commit, prepare } = (await positionsOf(client, category))[1]!;
    const filter = streamNameFilter({ prefixes: [category] });
    const first = async (fromPosition: Position) =>
      counted(await take(client.subscribeToAll({ fromPosition, filter }), 1));
    expect(await first({ commit, prepare })).toEqual([2]);
    expect(await first({ commit, prepare: 0n })).toEqual([1]);
  });

  it.each([
    ['types by prefix', (type: string) => eventTypeFilter({ prefixes: [type] })],
    ['types by pattern', (type: string) => eventTypeFilter({ regex: `^${type}$` })],
  ])('filters %s', async (_, filter) => {
    const fromPosition = await head(client);
    const type = `Wanted${randomUUID().slice(0, 8)}`;
    const stream = newStream();
    await client.appendToStream(stream, [newEvent(0, type), newEvent(1, 'Other'), newEvent(2, type)]);
    expect(counted(await take(client.subscribeToAll({ fromPosition, filter: filter(type) }), 2))).toEqual([0, 2]);
  });

  it('filters streams by pattern', async () => {
    const fromPosition = await head(client);
    const stream = newStream('patterned');
    await client.appendToStream(newStream(), newEvent(0));
    await client.appendToStream(stream, newEvent(1));
    const filter = streamNameFilter({ regex: `^patterned-${stream.slice(10)}$` });
    expect(counted(await take(client.subscribeToAll({ fromPosition, filter }), 1))).toEqual([1]);
  });

  it('without system events has those of clients only, deletions aside', async () => {
    const fromPosition = await head(client);
    const [deleted, last] = [newStream(), newStream()];
    await client.appendToStream(deleted, newEvent(0));
    await client.deleteStream(deleted);
    await client.appendToStream(last, newEvent(1));
    const subscription = client.subscribeToAll({ fromPosition, filter: excludeSystemEvents() });
    expect((await take(subscription, 2)).map(({ event }) => event?.streamId)).toEqual([deleted, last]);
  });

  it('tells by checkpoints how far it has come without an event', async () => {
    const fromPosition = await head(client);
    const checkpoints: Position[] = [];
    const reached = Promise.withResolvers<void>();
    await client.appendToStream(newStream(), newEvents(500));
    const target = await head(client);
    const filter = streamNameFilter({
      prefixes: [newStream('nobody')],
      checkpointInterval: 1,
      maxSearchWindow: 50,
      checkpointReached: async (_, position) => {
        checkpoints.push(position);
        if (position.commit >= target.commit) reached.resolve();
      },
    });
    const subscription = client.subscribeToAll({ fromPosition, filter });
    subscription.on('data', () => reached.reject(new Error('nobody appends there')));
    await reached.promise;
    expect(checkpoints.length).toBeGreaterThan(5);
    const commits = checkpoints.map(({ commit }) => commit);
    expect(commits).toEqual([...commits].sort((a, b) => (a < b ? -1 : 1)));
    // A new subscription goes on from any of them and misses nothing.
    const stream = newStream('after');
    await client.appendToStream(stream, newEvent(1));
    const resumed = client.subscribeToAll({
      fromPosition: checkpoints[2] as Position,
      filter: streamNameFilter({ prefixes: [stream] }),
    });
    expect(counted(await take(resumed, 1))).toEqual([1]);
  });

  it('rejects for a position inside of an event', async () => {
    const { commit, prepare } = await head(client);
    await client.appendToStream(newStream(), newEvent());
    const subscription = client.subscribeToAll({ fromPosition: { commit: commit + 1n, prepare: prepare + 1n } });
    expect(await rejection(take(subscription, 1))).toMatchObject({ code: 3 });
  });

  it('ends without an error when it is given up', async () => {
    const subscription = client.subscribeToAll({ fromPosition: 'end' });
    const caughtUp = new Promise<void>((resolve) => subscription.once('caughtUp', resolve));
    subscription.resume();
    await caughtUp;
    const ended = new Promise<string>((resolve) => {
      subscription.once('end', () => resolve('end'));
      subscription.once('close', () => resolve('close'));
      subscription.once('error', () => resolve('error'));
    });
    await subscription.unsubscribe();
    expect(['end', 'close']).toContain(await ended);
  });
});

describe('subscribeToStream', () => {
  it('begins after its revision, waits for a stream that is not there, and ends with the stream', async () => {
    const [there, absent] = [newStream(), newStream()];
    await client.appendToStream(there, newEvents(3));
    expect(counted(await take(client.subscribeToStream(there, { fromRevision: 0n }), 2))).toEqual([1, 2]);
    const seen: unknown[] = [];
    const subscription = client.subscribeToStream(absent);
    const caughtUp = new Promise<void>((resolve) => subscription.once('caughtUp', resolve));
    const ended = rejection(
      (async () => {
        for await (const { event } of subscription) seen.push(event?.type);
      })(),
    );
    await caughtUp;
    await client.appendToStream(absent, newEvent());
    await client.tombstoneStream(absent);
    expect(await ended).toBeInstanceOf(StreamDeletedError);
    expect(seen).toEqual(['Counted', '$streamDeleted']);
  });
});
