import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventId, type NewEvent, type SealedEvent } from '@tenure/event-store';
import { openEventStoreDBMigrationSource, openEventStoreDBMigrationTarget } from '@tenure/event-store/eventstoredb';
import { openSqliteEventStore, openSqliteMigrationSource } from '@tenure/event-store/sqlite';
import { openIdKey } from '@tenure/runtime';
import {
  type EventStoreDBServer,
  hasMongoDB,
  type MongoDBServer,
  startEventStoreDB,
  startMongoDB,
} from '@tenure/testing/servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CommandLine, createCommandLine } from '../fixtures/command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await createCommandLine();
});
afterEach(() => line.remove());

const hex = (n: number): string => n.toString(16).padStart(32, '0');

/** Of 60 customers, the events of each in two streams. */
async function fill(directory: string, events: number): Promise<void> {
  const store = await openSqliteEventStore({ directory });
  const units = Array.from({ length: events }, (_, n) => {
    const customerId = hex(n % 60);
    const event: NewEvent = {
      id: eventId(`command ${n}`, 0),
      type: 'ContactRecorded',
      version: 1,
      customerId,
      occurredAt: 1_000_000 - n * 7,
      data: { n },
      ...(n % 2 ? { personal: { note: `note ${n}` } } : {}),
      metadata: { actor: 'test', service: 'test', commandId: `${n}`, causationId: `${n}`, correlationId: `${n}` },
    };
    const revision = Math.floor(n / 120);
    const stream = `contact-${hex(n % 120)}`;
    return [{ stream, expected: revision === 0 ? ('absent' as const) : revision - 1, events: [event] }];
  });
  const outcomes = await store.append(units);
  if (outcomes.some(({ status }) => status !== 'appended')) throw new Error('the log was not filled');
  await store.destroyKey(hex(7));
  await store.close();
  openIdKey(directory);
}

const withoutPositions = (events: readonly SealedEvent[]): unknown =>
  events.map(({ position: _, sealed, ...event }) => ({ ...event, sealed: sealed && Buffer.from(sealed) }));

const title = hasMongoDB() ? 'tenure migrate' : 'tenure migrate: SKIPPED, there is no MongoDB server for tests here';

describe.skipIf(!hasMongoDB())(title, { timeout: 120_000 }, () => {
  let mongo: MongoDBServer;
  let server: EventStoreDBServer;
  let views: string;
  let home: string;
  let secret: string;
  let access: Parameters<typeof openEventStoreDBMigrationSource>[0];

  beforeAll(async () => {
    mongo = await startMongoDB();
  }, 120_000);
  afterAll(() => mongo?.stop());

  beforeEach(async () => {
    server = await startEventStoreDB();
    const url = new URL(mongo.url);
    const name = mongo.database();
    url.pathname = `/${name}`;
    views = url.href;
    access = {
      url: server.url,
      keys: { url: views, database: `${name}-keys` },
      index: { url: views, database: `${name}-log` },
    };
    home = line.env.TENURE_DATA ?? '';
  });
  afterEach(() => server.stop());

  const fillHome = async (events: number): Promise<void> => {
    await fill(home, events);
    secret = readFileSync(join(home, 'id.key'), 'utf8').trim();
  };
  const inDirectory = async (directory: string): Promise<readonly SealedEvent[]> => {
    await using opened = new AsyncDisposableStack();
    const source = await openSqliteMigrationSource({ directory });
    opened.defer(() => source.close());
    return await source.readAllSealed({ limit: 100_000 });
  };
  const onServer = async (): Promise<readonly SealedEvent[]> => {
    await using opened = new AsyncDisposableStack();
    const source = await openEventStoreDBMigrationSource(access);
    opened.defer(() => source.close());
    return await source.readAllSealed({ limit: 100_000 });
  };

  it('moves a log there, and back into another directory, and says what services have to be told', async () => {
    await fillHome(300);
    const original = await inDirectory(home);
    const there = await line.run('migrate', '--from', 'sqlite:', '--to', server.url, '--views', views);
    expect(there.stderr).toBe('');
    expect(there.code).toBe(0);
    expect(there.stdout).toContain(
      '300 events (300 of them new) and 30 keys (1 of them destroyed), all of them compared',
    );
    expect(there.stdout).toContain(`TENURE_ID_KEY: the content of ${join(home, 'id.key')}`);
    expect(there.stdout).not.toContain(secret);
    expect(withoutPositions(await onServer())).toEqual(withoutPositions(original));

    const other = join(line.folder, 'other');
    const back = ['migrate', '--from', server.url, '--to', `sqlite:${other}`, '--views', views];
    const keyless = await line.run(...back);
    expect(keyless.code).toBe(1);
    expect(keyless.stderr).toContain('TENURE_ID_KEY: is required');
    Object.assign(line.env, { TENURE_ID_KEY: secret });
    const { code, stdout } = await line.run(...back, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ events: 300, copied: 300, keys: { keys: 30, destroyed: 1 } });
    expect(await inDirectory(other)).toEqual(original);
    expect(openIdKey(other, secret).toString('hex')).toBe(secret);
    expect(() => openIdKey(other, '1'.repeat(64))).toThrow('not the one');
    const again = await line.run(...back);
    expect(again.stdout).toContain('300 events (0 of them new)');
    expect(again.stdout).not.toContain(secret);
    expect((await line.run(...back, '--show-id-key')).stdout).toContain(secret);
  });

  it('goes on where a killed process stood', async () => {
    await fillHome(2_500);
    const args = ['migrate', '--from', `sqlite:${home}`, '--to', server.url];
    line.env.TENURE_READ_STORE = views;
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env.PATH, ...line.env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(child, 'exit');
    const seen = async (): Promise<number> => {
      const target = await openEventStoreDBMigrationTarget(access);
      try {
        while ((await target.readAllSealed({ limit: 300 })).length < 300 && child.exitCode === null);
        child.kill('SIGKILL');
        await exited;
        return (await target.readAllSealed({ limit: 10_000 })).length;
      } finally {
        child.kill('SIGKILL');
        await target.close();
      }
    };
    const before = await seen();
    expect(child.signalCode).toBe('SIGKILL');
    expect(before).toBeGreaterThanOrEqual(300);
    expect(before).toBeLessThan(2_500);
    const { code, stdout } = await line.run(...args);
    expect(code).toBe(0);
    expect(stdout).toContain(`2500 events (${2_500 - before} of them new)`);
    expect(withoutPositions(await onServer())).toEqual(withoutPositions(await inDirectory(home)));
  });

  it('refuses a log that a service writes, a target of another log, and what is no log', async () => {
    await fillHome(10);
    const args = ['migrate', '--from', `sqlite:${home}`, '--to', server.url, '--views', views];
    const store = await openSqliteEventStore({ directory: home });
    const locked = await line.run(...args);
    expect([locked.code, locked.stderr]).toEqual([1, expect.stringContaining('is being written by another process')]);
    await store.close();
    expect((await line.run(...args)).code).toBe(0);
    const other = join(line.folder, 'other');
    await fill(other, 11);
    const foreign = await line.run('migrate', '--from', `sqlite:${other}`, '--to', server.url, '--views', views);
    expect(foreign.code).toBe(1);
    expect(foreign.stderr).toMatch(/^the target holds what is not the source's log: behind 0 events/);
    const none = await line.run(
      'migrate',
      '--from',
      `sqlite:${line.folder}/none`,
      '--to',
      server.url,
      '--views',
      views,
    );
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('there is no event log in')]);
    const viewless = await line.run('migrate', '--from', `sqlite:${home}`, '--to', server.url);
    expect([viewless.code, viewless.stderr]).toEqual([1, expect.stringContaining('TENURE_READ_STORE: ')]);
  });
});

it.each([
  ['sqlite:a', 'sqlite:b'],
  ['esdb://a:1', 'esdb://b:1'],
  ['./data', 'esdb://a:1'],
])('tenure migrate --from %s --to %s is refused', async (from, to) => {
  const { code, stderr } = await line.run('migrate', '--from', from, '--to', to, '--views', 'mongodb://a');
  expect([code, stderr]).toEqual([2, expect.stringContaining('One of --from and --to must be sqlite:DIRECTORY')]);
});
