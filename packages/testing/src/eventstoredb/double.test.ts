import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { collect, connect, newEvents, newStream, rejection } from './client-harness.ts';
import { openEventStoreDBDouble } from './index.ts';

const newDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-eventstoredb-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

it('serves in this process, fails when told to, and has everything after it was closed', async () => {
  const directory = newDirectory();
  const double = await openEventStoreDBDouble({ directory });
  const client = connect(`esdb://127.0.0.1:${double.port}?tls=false`);
  const stream = newStream();
  const subscription = client.subscribeToStream(stream);
  const broken = rejection(collect(subscription));
  await client.appendToStream(stream, newEvents(10));
  await double.failures.dropAnswers(1);
  await rejection(client.appendToStream(stream, newEvents(5)));
  expect(await broken).toMatchObject({ code: 14 });
  await double.close();
  const again = await openEventStoreDBDouble({ directory, port: double.port });
  expect(await collect(client.readStream(stream))).toHaveLength(15);
  await again.close();
});

it('records times by the clock that it is given', async () => {
  const double = await openEventStoreDBDouble({ directory: newDirectory(), clock: () => 1_234_567 });
  const client = connect(`esdb://127.0.0.1:${double.port}?tls=false`);
  const stream = newStream();
  await client.appendToStream(stream, newEvents(1));
  expect((await collect(client.readStream(stream)))[0]?.event?.created).toEqual(new Date(1_234_567));
  await double.close();
});

it('closes with subscriptions open, which end with an error', async () => {
  const double = await openEventStoreDBDouble({ directory: newDirectory() });
  const client = connect(`esdb://127.0.0.1:${double.port}?tls=false`);
  const subscription = client.subscribeToAll();
  const caughtUp = once(subscription, 'caughtUp');
  const ended = rejection(collect(subscription));
  await caughtUp;
  await double.close();
  expect(await ended).toBeInstanceOf(Error);
});

it('gives up its log when it gets no port', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const directory = newDirectory();
  await expect(openEventStoreDBDouble({ directory, port: address.port })).rejects.toThrow(/EADDRINUSE/);
  await (await openEventStoreDBDouble({ directory })).close();
});
