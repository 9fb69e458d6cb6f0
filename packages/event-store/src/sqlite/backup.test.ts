import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteKeyStore } from '@tenure/key-store/sqlite';
import { describe, expect, it } from 'vitest';
import { appendOne, hex, newEvent, positionOf, streamName } from '../contract/harness.ts';
import { BackupTargetError, LogFormatError, StoreLockedError } from '../errors.ts';
import { idKeyFile, keysFile, logFile, unfinishedRestoreFile } from './files.ts';
import { temporaryDirectory } from './fixtures/temporary-directory.ts';
import { backupLog, openSqliteEventStore, restoreLog, type SqliteEventStore } from './index.ts';
import { openLogForWriting } from './schema.ts';
import { SqliteLog } from './sqlite-log.ts';

const append = async (store: SqliteEventStore, n: number): Promise<string> =>
  positionOf(
    await appendOne(
      store,
      streamName(n),
      'absent',
      newEvent(`event ${n}`, { customerId: hex(n), personal: { name: `customer ${n}` } }),
    ),
  );

const appendMany = async (store: SqliteEventStore, from: number, to: number): Promise<void> => {
  for (let n = from; n < to; n++) await append(store, n);
};

const places = (): { directory: string; target: string } => {
  const root = temporaryDirectory();
  return { directory: join(root, 'data'), target: join(root, 'backup') };
};

describe('backup', () => {
  it('holds the log, the keys and the id key, and becomes a log of a new epoch', async () => {
    const { directory, target } = places();
    const store = await openSqliteEventStore({ directory });
    writeFileSync(idKeyFile(directory), 'secret');
    await appendMany(store, 0, 20);
    const events = await store.readAll({ limit: 100 });
    expect(backupLog({ directory, target })).toEqual({ identity: store.identity, events: 20 });
    await store.close();
    rmSync(directory, { recursive: true });

    const { identity, setAside } = restoreLog({ backup: target, directory });
    expect(setAside).toBeUndefined();
    expect(readFileSync(idKeyFile(directory), 'utf8')).toBe('secret');
    const restored = await openSqliteEventStore({ directory });
    expect(restored.identity).toEqual(identity);
    expect(identity.logId).toBe(store.identity.logId);
    expect(identity.epoch).toBeGreaterThan(store.identity.epoch);
    expect(await restored.readAll({ limit: 100 })).toStrictEqual(events);
    await append(restored, 20);
    expect(await restored.readAll({ limit: 100 })).toHaveLength(21);
    await restored.close();
  });

  it('is one state of the log, with every key it needs, while another thread appends', async () => {
    const { directory, target } = places();
    const store = await openSqliteEventStore({ directory });
    await appendMany(store, 0, 50);
    const before = await store.head();
    let stopped = false;
    let appended = 50;
    const appending = (async () => {
      for (; !stopped; appended += 10) await appendMany(store, appended, appended + 10);
    })();
    // The appends sent so far go on in the writer's thread while this one copies.
    const bulk = store.append(
      Array.from({ length: 3_000 }, (_, n) => [
        { stream: streamName(n, 'contact'), expected: 'absent', events: [newEvent(`bulk ${n}`, { personal: { n } })] },
      ]),
    );
    await store.head();
    const report = backupLog({ directory, target });
    await bulk;
    stopped = true;
    await appending;
    await store.close();
    restoreLog({ backup: target, directory });
    const restored = await openSqliteEventStore({ directory });
    const events = await restored.readAll({ limit: 100_000 });
    expect(events).toHaveLength(report.events);
    expect(events.length).toBeGreaterThanOrEqual(Number(before));
    expect(events.filter(({ personal }) => personal === undefined)).toEqual([]);
    await restored.close();
  });

  it('copies the keys after the log, so that no event of the copy lacks its key', async () => {
    const { directory, target } = places();
    await (await openSqliteEventStore({ directory })).close();
    const keys = openSqliteKeyStore({ file: keysFile(directory) });
    const db = openLogForWriting(logFile(directory));
    const log = new SqliteLog(db, keys);
    let appended = 0;
    const appendPersonal = (): void => {
      const n = appended++;
      const event = { ...newEvent(`${n}`, { customerId: hex(n) }), data: '{}', personal: `{"n":${n}}` };
      log.append([{ now: 0, units: [[{ stream: streamName(n), expected: 'absent', events: [event] }]] }]);
    };
    appendPersonal();
    backupLog({ directory, target, onCopied: appendPersonal });
    db.close();
    keys.close();
    restoreLog({ backup: target, directory });
    const restored = await openSqliteEventStore({ directory });
    expect((await restored.readAll({ limit: 10 })).map(({ personal }) => personal)).toEqual([{ n: 0 }]);
    expect(appended).toBe(3);
    await restored.close();
  });

  it('is taken from a log that nobody has open', async () => {
    const { directory, target } = places();
    const store = await openSqliteEventStore({ directory });
    await appendMany(store, 0, 3);
    await store.close();
    expect(backupLog({ directory, target }).events).toBe(3);
  });

  it('is refused without a log, and over what exists', async () => {
    const { directory, target } = places();
    expect(() => backupLog({ directory, target })).toThrow(LogFormatError);
    const store = await openSqliteEventStore({ directory });
    backupLog({ directory, target });
    expect(() => backupLog({ directory, target })).toThrow(BackupTargetError);
    expect(existsSync(`${target}.partial`)).toBe(false);
    await store.close();
  });
});

describe('restore', () => {
  it('is noticed by views that are newer than the log, or as new, however far the log has come again', async () => {
    const { directory, target } = places();
    const store = await openSqliteEventStore({ directory });
    const atBackup = await store.checkpointAt(await append(store, 1));
    backupLog({ directory, target });
    const newer = await store.checkpointAt(await append(store, 2));
    await store.close();

    const { setAside } = restoreLog({ backup: target, directory });
    expect(existsSync(logFile(setAside ?? ''))).toBe(true);
    const restored = await openSqliteEventStore({ directory });
    if (!atBackup || !newer) throw new Error('no checkpoints');
    expect(await restored.recognises(newer)).toBe(false);
    expect(await restored.recognises(atBackup)).toBe(false);
    await append(restored, 2);
    expect(await restored.checkpointAt(newer.position)).toMatchObject({ eventId: newer.eventId });
    expect(await restored.recognises(newer)).toBe(false);
    await restored.close();
  });

  it('begins another epoch each time, from the same backup too', async () => {
    const { directory, target } = places();
    const store = await openSqliteEventStore({ directory });
    await append(store, 1);
    backupLog({ directory, target });
    await store.close();
    let now = Date.UTC(2026, 0, 1);
    const epochs = [1, 2, 3].map(
      () => restoreLog({ backup: target, directory, now: () => (now += 1_000) }).identity.epoch,
    );
    expect(new Set([store.identity.epoch, ...epochs]).size).toBe(4);
    expect(restoreLog({ backup: target, directory, now: () => 0 }).identity.epoch).toBe(store.identity.epoch + 1);
  });

  it('is refused while the log is written, and from what is no backup or a damaged one; the log stays', async () => {
    const { directory, target } = places();
    const store = await openSqliteEventStore({ directory });
    await appendMany(store, 0, 200);
    backupLog({ directory, target });
    expect(() => restoreLog({ backup: target, directory })).toThrow(StoreLockedError);
    await store.close();
    expect(() => restoreLog({ backup: join(target, 'absent'), directory })).toThrow(LogFormatError);
    truncateSync(logFile(target), 20_000);
    expect(() => restoreLog({ backup: target, directory })).toThrow(LogFormatError);
    rmSync(keysFile(target));
    expect(() => restoreLog({ backup: target, directory })).toThrow(/has no keys\.db/);
    const same = await openSqliteEventStore({ directory });
    expect(await same.readAll({ limit: 1_000 })).toHaveLength(200);
    await same.close();
  });

  it('that was cut off keeps the log from being started until it is run again', async () => {
    const { directory, target } = places();
    const store = await openSqliteEventStore({ directory });
    await append(store, 1);
    backupLog({ directory, target });
    await store.close();
    writeFileSync(unfinishedRestoreFile(directory), '');
    rmSync(logFile(directory));
    await expect(openSqliteEventStore({ directory })).rejects.toThrow(LogFormatError);
    restoreLog({ backup: target, directory });
    const restored = await openSqliteEventStore({ directory });
    expect(await restored.readAll({ limit: 10 })).toHaveLength(1);
    await restored.close();
  });
});
