import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { appendOne, hex, newEvent, streamName } from '../contract/harness.ts';
import { LogFormatError } from '../errors.ts';
import { logFile } from './files.ts';
import { temporaryDirectory } from './fixtures/temporary-directory.ts';
import { openSqliteEventStore, startLogWriter } from './index.ts';

it('I19: writes no personal data in the clear', async () => {
  const directory = temporaryDirectory();
  const store = await openSqliteEventStore({ directory });
  const event = newEvent('a', {
    customerId: hex(1),
    data: { note: 'plain-canary' },
    personal: { email: 'secret-canary' },
  });
  await appendOne(store, streamName(1), 'absent', event);
  const onDisk = (): Buffer => Buffer.concat(readdirSync(directory).map((file) => readFileSync(join(directory, file))));
  // In the write-ahead log, then in the database. Reading an open database's file drops its locks, which does no harm
  // here: nobody else wants them.
  for (const look of [() => undefined, () => store.close()]) {
    await look();
    expect(onDisk().includes('plain-canary')).toBe(true);
    expect(onDisk().includes('secret-canary')).toBe(false);
  }
});

it('refuses a file that is no log, another database, and a log of a later format', async () => {
  const garbage = temporaryDirectory();
  writeFileSync(logFile(garbage), 'no database'.repeat(1_000));
  await expect(startLogWriter({ directory: garbage })).rejects.toThrow(LogFormatError);

  const other = temporaryDirectory();
  const database = new DatabaseSync(logFile(other));
  database.exec('create table customers (name text)');
  database.close();
  await expect(startLogWriter({ directory: other })).rejects.toThrow(LogFormatError);

  const later = temporaryDirectory();
  await (await openSqliteEventStore({ directory: later })).close();
  const log = new DatabaseSync(logFile(later));
  log.exec('pragma user_version = 99');
  log.close();
  await expect(startLogWriter({ directory: later })).rejects.toThrow(/format 99/);
});
