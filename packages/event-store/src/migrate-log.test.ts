import { openMongoKeyStore } from '@tenure/key-store/mongodb';
import { type EventStoreDBServer, startEventStoreDB } from '@tenure/testing/servers';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendOne, hex, newEvent, streamName, unit } from './contract/harness.ts';
import { ForeignTargetError, LogInUseError, MigrationIncompleteError, StoreLockedError } from './errors.ts';
import { hasServers, oneMongoDB, PATIENCE_MS, titled } from './eventstoredb/fixtures/servers.ts';
import {
  type EventStoreDBMigrationOptions,
  openEventStoreDB,
  openEventStoreDBMigrationSource,
  openEventStoreDBMigrationTarget,
  openMongoCustomerIndex,
} from './eventstoredb/index.ts';
import { type MigrationOptions, type MigrationReport, migrateLog } from './migrate-log.ts';
import type { MigrationSource, MigrationTarget } from './migration.ts';
import type { EventStore, NewEvent, SealedEvent } from './port.ts';
import { temporaryDirectory } from './sqlite/fixtures/temporary-directory.ts';
import {
  backupLog,
  openSqliteEventStore,
  openSqliteMigrationSource,
  openSqliteMigrationTarget,
  startLogWriter,
} from './sqlite/index.ts';

const JANE = hex(1);
const JOHN = hex(2);

/** Several streams, two customers whose events carry one correlation id, personal data, a key destroyed and made anew. */
const fill = async (directory: string): Promise<void> => {
  let now = 1_000;
  const store = await openSqliteEventStore({ directory, now: () => now++ });
  const event = (name: string, overrides: Partial<NewEvent> = {}): NewEvent =>
    newEvent(name, {
      occurredAt: Date.UTC(2011, 0, 1 + ((name.length * 7 + (name.codePointAt(1) ?? 0)) % 30)),
      ...overrides,
    });
  for (let n = 0; n < 40; n++) {
    const customerId = n % 3 === 0 ? null : n % 3 === 1 ? JANE : JOHN;
    const name = `n${n}`;
    const first = event(name, { customerId, data: { n, 'with "quotes"': ['ä', null, 1.5, { b: 1, a: 2 }], 7: 'x' } });
    await appendOne(store, streamName(n), 'absent', n % 2 ? first : { ...first, personal: { name: `person ${n}` } });
    if (n === 20) await store.destroyKey(JANE);
  }
  const link = { commandId: 'link', causationId: 'cause', correlationId: 'both', actor: 'crm', service: 'profile' };
  const traced = { ...link, traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, session: 'import of May' };
  await store.append([
    [
      ...unit(streamName(1, 'profile'), 'absent', event('p1', { customerId: JANE, metadata: link }), event('p2')),
      ...unit(streamName(2, 'profile'), 'absent', event('p3', { customerId: JOHN, metadata: traced })),
    ],
    unit(streamName(5), 0, event('later', { version: 3, type: 'PurchaseCorrected' }), event('again')),
  ]);
  await store.close();
};

const allOf = async (log: Pick<EventStore, 'readAllSealed'>): Promise<SealedEvent[]> => [
  ...(await log.readAllSealed({ limit: 100_000 })),
];

/** All but what a log has of its own. */
const moved = (events: readonly SealedEvent[]): unknown =>
  events.map(({ position, sealed, ...event }) => ({
    ...event,
    hasPosition: position !== '',
    sealed: sealed && Buffer.from(sealed).toString('hex'),
  }));

describe.skipIf(!hasServers)(titled('a log that is migrated'), { timeout: PATIENCE_MS }, () => {
  const mongo = oneMongoDB();
  const directories: string[] = [];
  const directory = (): string => {
    const made = temporaryDirectory();
    directories.push(made);
    return made;
  };
  let server: EventStoreDBServer;
  let database: string;
  let esdb: EventStoreDBMigrationOptions;
  let home: string;

  beforeEach(async () => {
    server = await startEventStoreDB();
    database = mongo().database();
    const access = { url: mongo().url, database };
    esdb = { url: server.url, keys: access, index: access };
    home = directory();
    await fill(home);
  });
  afterEach(async () => {
    await server.stop();
    directories.length = 0;
    const client = new MongoClient(mongo().url);
    await client.db(database).dropDatabase();
    await client.close();
  });

  type Opening = readonly [source: () => Promise<MigrationSource>, target: () => Promise<MigrationTarget>];
  const fromSqlite =
    (from: string): Opening[0] =>
    () =>
      openSqliteMigrationSource({ directory: from });
  const toSqlite =
    (to: string): Opening[1] =>
    () =>
      openSqliteMigrationTarget({ directory: to });
  const fromServer: Opening[0] = () => openEventStoreDBMigrationSource(esdb);
  const toServer: Opening[1] = () => openEventStoreDBMigrationTarget(esdb);

  const migrate = async (
    [openSource, openTarget]: Opening,
    options: Omit<MigrationOptions, 'source' | 'target'> & { wrap?: (target: MigrationTarget) => MigrationTarget } = {},
  ): Promise<MigrationReport> => {
    await using opened = new AsyncDisposableStack();
    const source = await openSource();
    opened.defer(() => source.close());
    const target = await openTarget();
    opened.defer(() => target.close());
    const { wrap = (one) => one, ...rest } = options;
    return await migrateLog({ now: () => 5_000, ...rest, source, target: wrap(target) });
  };
  const read = async (open: Opening[0]): Promise<SealedEvent[]> => {
    const source = await open();
    try {
      return await allOf(source);
    } finally {
      await source.close();
    }
  };
  const onServer = async <T>(work: (store: EventStore) => Promise<T>): Promise<T> => {
    await using opened = new AsyncDisposableStack();
    const keys = await openMongoKeyStore(esdb.keys);
    opened.defer(() => keys.close());
    const index = await openMongoCustomerIndex(esdb.index);
    opened.defer(() => index.close());
    const store = await openEventStoreDB({ url: esdb.url, keys, index });
    opened.defer(() => store.close());
    return await work(store);
  };
  /** Fails once as many events are in the target. */
  const cutAfter =
    (events: number) =>
    (target: MigrationTarget): MigrationTarget => {
      let left = events;
      return {
        ...target,
        append: async (page: readonly SealedEvent[]) => {
          await target.append(page.slice(0, left));
          left -= page.length;
          if (left < 0) throw new Error('cut off');
        },
      };
    };

  it('comes to EventStoreDB and back as it was, its personal data and erased keys included', async () => {
    const original = await read(fromSqlite(home));
    expect(original).toHaveLength(45);
    const there = await migrate([fromSqlite(home), toServer]);
    expect(there).toMatchObject({ events: 45, copied: 45, keys: { destroyed: 1 } });
    expect(there.identity.epoch).toBe(5);
    expect(moved(await read(fromServer))).toEqual(moved(original));
    const other = directory();
    const back = await migrate([fromServer, toSqlite(other)]);
    expect(back).toEqual({ ...there, identity: { ...there.identity, epoch: 6 } });
    expect(await read(fromSqlite(other))).toEqual(original);
    const [first, last] = await Promise.all([
      openSqliteEventStore({ directory: home }),
      openSqliteEventStore({ directory: other }),
    ]);
    try {
      const opened = await first.readAll({ limit: 100 });
      expect(opened.filter(({ erased }) => erased)).toHaveLength(3);
      expect(opened.filter(({ personal }) => personal)).toHaveLength(17);
      expect(await last.readAll({ limit: 100 })).toEqual(opened);
      expect(last.identity).toEqual({ logId: first.identity.logId, epoch: 6 });
      expect(first.identity.epoch).toBe(1);
    } finally {
      await first.close();
      await last.close();
    }
  });

  it('is served and written on EventStoreDB, by customer too, and comes back home with what was written', async () => {
    await migrate([fromSqlite(home), toServer]);
    const before = await read(fromSqlite(home));
    await onServer(async (store) => {
      expect((await store.readCustomer(JANE)).map(({ id }) => id)).toEqual(
        before.filter(({ customerId }) => customerId === JANE).map(({ id }) => id),
      );
      const added = newEvent('added', { customerId: JANE, personal: { name: 'Jane' } });
      expect(await appendOne(store, streamName(5), 2, added)).toMatchObject({ status: 'appended' });
    });
    expect(await migrate([fromServer, toSqlite(home)])).toMatchObject({
      events: 46,
      copied: 1,
      identity: { epoch: 6 },
    });
    const store = await openSqliteEventStore({ directory: home });
    expect((await store.readCustomer(JANE)).at(-1)).toMatchObject({ personal: { name: 'Jane' }, revision: 3 });
    await store.close();
  });

  it('changes nothing when it is done again, and takes what has come since', async () => {
    const first = await migrate([fromSqlite(home), toServer]);
    const there = await read(fromServer);
    expect(await migrate([fromSqlite(home), toServer], { now: () => 9_000 })).toEqual({ ...first, copied: 0 });
    expect(await read(fromServer)).toEqual(there);
    const store = await openSqliteEventStore({ directory: home });
    await appendOne(store, streamName(90), 'absent', newEvent('more', { customerId: JOHN, personal: { more: true } }));
    await store.destroyKey(JOHN);
    await store.close();
    expect(await migrate([fromSqlite(home), toServer])).toMatchObject({
      copied: 1,
      keys: { destroyed: 2 },
      identity: { epoch: 6 },
    });
    expect(await onServer((one) => one.readCustomer(JOHN))).toSatisfy((events: { personal?: object }[]) =>
      events.every(({ personal }) => personal === undefined),
    );
  });

  describe.each([
    ['to EventStoreDB', (): Promise<Opening> => Promise.resolve([fromSqlite(home), toServer])],
    [
      'to SQLite',
      async (): Promise<Opening> => {
        await migrate([fromSqlite(home), toServer]);
        return [fromServer, toSqlite(directory())];
      },
    ],
  ])('%s', (_, prepare: () => Promise<Opening>) => {
    it('goes on where it was cut off, wherever that was', async () => {
      const opening = await prepare();
      const original = await read(opening[0]);
      for (const events of [0, 1, 7, 22])
        await expect(migrate(opening, { wrap: cutAfter(events) })).rejects.toThrow('cut off');
      const copied: number[] = [];
      const onProgress: MigrationOptions['onProgress'] = (phase, done, total) => {
        if (phase === 'copying') copied.push(done, total);
      };
      expect(await migrate(opening, { onProgress })).toMatchObject({ events: 45, copied: 15 });
      expect(copied).toEqual([45, 45]);
      const target = await opening[1]();
      expect(moved(await allOf(target))).toEqual(moved(original));
      await target.close();
    });

    it('has its keys in the target before the first event, and is of no use to a service before the end', async () => {
      const opening = await prepare();
      await expect(migrate(opening, { wrap: cutAfter(0) })).rejects.toThrow('cut off');
      const target = await opening[1]();
      expect(await allOf(target)).toEqual([]);
      expect((await target.keys.list({ limit: 100 })).length).toBeGreaterThan(5);
      expect(target.isFinished).toBe(false);
      await target.close();
      await expect(migrate(opening, { wrap: cutAfter(9) })).rejects.toThrow('cut off');
      const refused = /holds a part of a log: a migration into it was cut off/;
      if (opening[0] !== fromServer) return await expect(onServer(allOf)).rejects.toThrow(refused);
      const unfinished = directories.at(-1) ?? '';
      await expect(startLogWriter({ directory: unfinished })).rejects.toThrow(refused);
      expect(() => backupLog({ directory: unfinished, target: `${unfinished}/backup` })).toThrow(refused);
      await expect(migrate([fromSqlite(unfinished), toServer])).rejects.toThrow(refused);
    });

    it('refuses a target with other events, with other keys, or of another log, and leaves it as it is', async () => {
      const opening = await prepare();
      const other = directory();
      const store = await openSqliteEventStore({ directory: other });
      await appendOne(store, streamName(1), 'absent', newEvent('other', { customerId: JANE, personal: { other: 1 } }));
      await store.close();
      const target = await opening[1]();
      await target.begin(hex(99));
      await target.append(await read(fromSqlite(other)));
      await target.finish({ logId: hex(99), epoch: 3 });
      await target.close();
      await expect(migrate(opening)).rejects.toThrow(ForeignTargetError);
      const after = await opening[1]();
      expect(await allOf(after)).toHaveLength(1);
      expect([after.logId, after.epoch, after.isFinished]).toEqual([hex(99), 3, true]);
      expect(await after.keys.list({ limit: 10 })).toEqual([]);
      await after.close();
    });

    it('refuses a target that holds the keys of another log', async () => {
      const opening = await prepare();
      const target = await opening[1]();
      await target.keys.add([{ keyId: hex(5), owner: JANE, key: Buffer.alloc(32) }]);
      await target.close();
      await expect(migrate(opening)).rejects.toMatchObject({ code: 'key-conflict' });
      const after = await opening[1]();
      expect(await allOf(after)).toEqual([]);
      expect(after.isFinished).toBe(true);
      await after.close();
    });

    it('does not finish when what it reads in the target is not what it wrote', async () => {
      const opening = await prepare();
      const spoil = (target: MigrationTarget): MigrationTarget => ({
        ...target,
        append: (events) =>
          target.append(events.map((event) => (event.revision === 1 ? { ...event, occurredAt: 1 } : event))),
      });
      await expect(migrate(opening, { wrap: spoil })).rejects.toThrow(MigrationIncompleteError);
      const after = await opening[1]();
      expect(after.isFinished).toBe(false);
      await after.close();
    });
  });

  it('is not moved while a service runs on it, nor into one', async () => {
    const store = await openSqliteEventStore({ directory: home });
    await expect(migrate([fromSqlite(home), toServer])).rejects.toThrow(StoreLockedError);
    await expect(migrate([fromSqlite(directory()), toServer])).rejects.toThrow('there is no event log');
    await store.close();
    await migrate([fromSqlite(home), toServer]);
    await onServer(async (served) => {
      const index = await openMongoCustomerIndex(esdb.index);
      await expect.poll(() => index.state(), { timeout: 10_000 }).toBeDefined();
      await index.close();
      await expect(migrate([fromServer, toSqlite(directory())])).rejects.toThrow(LogInUseError);
      await expect(migrate([fromSqlite(home), toServer])).rejects.toThrow(LogInUseError);
      expect(await served.readAll({ limit: 100 })).toHaveLength(45);
    });
  });

  it('keeps a key destroyed that was destroyed in the target', async () => {
    await expect(migrate([fromSqlite(home), toServer], { wrap: cutAfter(3) })).rejects.toThrow('cut off');
    const keys = await openMongoKeyStore(esdb.keys);
    await keys.destroy(JOHN);
    await keys.close();
    expect(await migrate([fromSqlite(home), toServer])).toMatchObject({ keys: { destroyed: 2 } });
    const target = await toServer();
    const ofJohn = (await target.keys.list({ limit: 100 })).filter(({ owner }) => owner === JOHN);
    expect(ofJohn.map(({ key }) => key)).toEqual([undefined]);
    await target.close();
  });
});
