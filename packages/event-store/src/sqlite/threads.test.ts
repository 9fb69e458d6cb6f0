import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { appendOne, newEvent, streamName } from '../contract/harness.ts';
import { StoreUnavailableError } from '../errors.ts';
import { temporaryDirectory } from './fixtures/temporary-directory.ts';
import { connectSqliteEventStore, openSqliteEventStore, startLogWriter } from './index.ts';

it('serves a client in another thread, which is woken by what this thread appends, and the other way round', async () => {
  const writer = await startLogWriter({ directory: temporaryDirectory() });
  const store = connectSqliteEventStore(writer.connect());
  const connection = writer.connect();
  const thread = new Worker(new URL('./fixtures/client-thread.ts', import.meta.url), {
    workerData: connection,
    transferList: [connection.port],
  });
  const told = async (): Promise<unknown> => (await once(thread, 'message'))[0];

  const first = told();
  await appendOne(store, streamName(1), 'absent', newEvent('ping'));
  expect(await first).toEqual({ name: 'ping' });

  const pages = store.subscribe({ after: (await store.head()) ?? '', signal: new AbortController().signal });
  const second = told();
  thread.postMessage('ping');
  for await (const [event] of pages) {
    expect(event?.data).toEqual({ name: 'pong' });
    break;
  }
  expect(await second).toEqual({ name: 'pong' });

  thread.postMessage('end');
  await once(thread, 'exit');
  await store.close();
  await writer.close();
  expect(writer.failure).toBeUndefined();
});

it('rejects what waits and what comes when the writer has died; reads go on', async () => {
  const writer = await startLogWriter({ directory: temporaryDirectory() });
  const connection = writer.connect();
  const store = connectSqliteEventStore(connection);
  await appendOne(store, streamName(1), 'absent', newEvent('a'));
  const subscription = store.subscribe({ after: (await store.head()) ?? '', signal: new AbortController().signal });
  const waiting = subscription[Symbol.asyncIterator]().next();
  const waits = expect(waiting).rejects.toThrow(StoreUnavailableError);
  // A message that no client sends: the thread ends on it as on any defect of its own, before the append behind it.
  connection.port.postMessage({ kind: 'append', requests: ['no request'] });
  await expect(appendOne(store, streamName(2), 'absent', newEvent('b'))).rejects.toThrow(StoreUnavailableError);
  await expect(appendOne(store, streamName(2), 'absent', newEvent('b'))).rejects.toThrow(StoreUnavailableError);
  await waits;
  expect(await store.readAll({ limit: 10 })).toHaveLength(1);
  await store.close();
  await writer.close();
  expect(writer.failure).toBeInstanceOf(Error);
});

it('carries out what a client had sent when its writer is closed', async () => {
  const directory = temporaryDirectory();
  const writer = await startLogWriter({ directory });
  const stores = [connectSqliteEventStore(writer.connect()), connectSqliteEventStore(writer.connect())];
  const calls = stores.flatMap((store, client) =>
    Array.from({ length: 100 }, (_, n) =>
      appendOne(store, streamName(client * 100 + n), 'absent', newEvent(`${client} ${n}`)),
    ),
  );
  await Promise.all([...stores.map((store) => store.close()), writer.close()]);
  expect((await Promise.all(calls)).every(({ status }) => status === 'appended')).toBe(true);
  const store = await openSqliteEventStore({ directory });
  expect(await store.readAll({ limit: 1_000 })).toHaveLength(200);
  await store.close();
});
