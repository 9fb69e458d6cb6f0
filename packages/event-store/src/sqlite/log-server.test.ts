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
    await appendOne(store, streamName(0), 'absent', newEvent('before'));
    const pages = Number(db.prepare('pragma page_count').get()?.page_count);
    db.exec(`pragma max_page_count = ${pages + 40}`);
    const text = 'x'.repeat(1_000);
    let written = 0;
    const write = async (n: number): Promise<void> => {
      const event = newEvent(`full ${n}`, {
        data: { text },
        type: `Type${n}`,
        metadata: { ...newEvent('m').metadata, actor: `actor ${n}` },
      });
      const outcome = await appendOne(store, streamName(n), 'absent', event);
      expect(outcome.status).toBe('appended');
      written++;
    };
    let refused: unknown;
    for (let n = 1; n < 1_000 && refused === undefined; n++)
      await write(n).catch((error: unknown) => {
        refused = error;
      });
    expect(refused).toBeInstanceOf(StoreUnavailableError);
    const atOnce = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => write(2_000 + n)));
    expect(atOnce.every(({ status }) => status === 'rejected')).toBe(true);
    const events = await store.readAll({ limit: 10_000 });
    expect(events).toHaveLength(written + 1);

    db.exec('pragma max_page_count = 1000000');
    await Promise.all(Array.from({ length: 50 }, (_, n) => write(2_000 + n)));
    const after = await store.readAll({ limit: 10_000 });
    expect(after.slice(0, events.length)).toStrictEqual(events);
    expect(after).toHaveLength(events.length + 50);
    expect(new Set(after.map(({ type }) => type)).size).toBe(after.length);
    expect(new Set(after.map(({ metadata }) => metadata.actor)).size).toBe(after.length);
    expect(db.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
  });
});
