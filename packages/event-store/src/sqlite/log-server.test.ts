import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { MessageChannel } from 'node:worker_threads';
import { openSqliteKeyStore } from '@tenure/key-store/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { appendOne, idsOf, newEvent, streamName, unit } from '../contract/harness.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { EventStore } from '../port.ts';
import type { AppendRequest } from './append-request.ts';
import { keysFile, logFile } from './files.ts';
import { temporaryDirectory } from './fixtures/temporary-directory.ts';
import { connectSqliteEventStore } from './index.ts';
import { LogServer } from './log-server.ts';
import { openLogForWriting } from './schema.ts';
import { SqliteLog, type UnitOutcome } from './sqlite-log.ts';

/** A log that counts its commits, and fails when it is told to. */
class CountingLog extends SqliteLog {
  readonly commits: number[] = [];
  failsOn: string | undefined;

  override append(requests: readonly AppendRequest[]): UnitOutcome[][] {
    this.commits.push(requests.length);
    const appends = requests.flatMap(({ units }) => units.flat());
    if (appends.some(({ stream }) => stream === this.failsOn)) throw new Error('a defect');
    return super.append(requests);
  }
}

/** The writer and its clients in one thread, so that the test can look into both. */
const serve = (): { db: DatabaseSync; log: CountingLog; connect(): EventStore; directory: string } => {
  const directory = join(temporaryDirectory());
  const keys = openSqliteKeyStore({ file: keysFile(directory) });
  const db = openLogForWriting(logFile(directory));
  const log = new CountingLog(db, keys);
  const server = new LogServer(log, keys);
  onTestFinished(() => {
    server.close();
    db.close();
    keys.close();
  });
  const connect = (): EventStore => {
    const { port1, port2 } = new MessageChannel();
    server.connect(port2);
    const client = connectSqliteEventStore({ directory, port: port1 });
    onTestFinished(() => client.close());
    return client;
  };
  return { db, log, connect, directory };
};

describe('log server', () => {
  it('commits what arrives together in one transaction, from all clients', async () => {
    const { log, connect } = serve();
    const clients = [connect(), connect()];
    await Promise.all(
      clients.flatMap((client, c) =>
        Array.from({ length: 50 }, (_, n) =>
          appendOne(client, streamName(c * 50 + n), 'absent', newEvent(`${c} ${n}`)),
        ),
      ),
    );
    expect(log.commits).toEqual([100]);
  });

  it('bounds a transaction, but never splits a call', async () => {
    const { log, connect } = serve();
    const store = connect();
    const call = (c: number, length: number): Promise<unknown> =>
      store.append(Array.from({ length }, (_, n) => unit(streamName(c * 10_000 + n), 'absent', newEvent(`${c} ${n}`))));
    await Promise.all([call(1, 1_500), call(2, 1_500), call(3, 400), call(4, 2_500)]);
    expect(log.commits).toEqual([1, 2, 1]);
    expect(await store.readAll({ limit: 10_000 })).toHaveLength(5_900);
  });

  it('does not let a call that cannot be written take others with it', async () => {
    const { log, connect } = serve();
    const store = connect();
    log.failsOn = streamName(2);
    const calls = [1, 2, 3].map((n) => appendOne(store, streamName(n), 'absent', newEvent(`${n}`)));
    await expect(calls[1]).rejects.toThrow(StoreUnavailableError);
    expect(await Promise.all([calls[0], calls[2]])).toMatchObject([{ status: 'appended' }, { status: 'appended' }]);
    expect(idsOf(await store.readAll({ limit: 10 }))).toEqual([newEvent('1').id, newEvent('3').id]);
  });

  it('I10: on a full disk it refuses cleanly, and goes on when there is room', async () => {
    const { db, connect } = serve();
    const store = connect();
    const text = 'x'.repeat(1_000);
    const write = async (n: number): Promise<void> => {
      const metadata = { ...newEvent('any').metadata, actor: `actor ${n}` };
      const event = newEvent(`full ${n}`, { data: { text }, type: `Type${n}`, metadata });
      expect(await appendOne(store, streamName(n), 'absent', event)).toMatchObject({ status: 'appended' });
    };
    await write(0);
    const pages = Number(db.prepare('pragma page_count').get()?.page_count);
    // Room for some of the calls, so that the transaction of all of them fails in the midst.
    db.exec(`pragma max_page_count = ${pages + 10}`);
    const numbers = Array.from({ length: 100 }, (_, n) => n + 1);
    const results = await Promise.allSettled(numbers.map(write));
    const refused = numbers.filter((n) => results[n - 1]?.status === 'rejected');
    const written = numbers.filter((n) => results[n - 1]?.status === 'fulfilled');
    expect(written.length).toBeGreaterThan(5);
    expect(refused.length).toBeGreaterThan(5);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StoreUnavailableError);
    const typesOf = async (): Promise<string[]> => (await store.readAll({ limit: 1_000 })).map(({ type }) => type);
    expect(await typesOf()).toEqual([0, ...written].map((n) => `Type${n}`));

    db.exec('pragma max_page_count = 1000000');
    await Promise.all(refused.map(write));
    expect(await typesOf()).toEqual([0, ...written, ...refused].map((n) => `Type${n}`));
    const events = await store.readAll({ limit: 1_000 });
    expect(events.map(({ metadata }) => metadata.actor)).toEqual([0, ...written, ...refused].map((n) => `actor ${n}`));
    expect(events.map(({ position }) => Number(position))).toEqual([0, ...numbers].map((n) => n + 1));
    expect(db.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
  });
});
