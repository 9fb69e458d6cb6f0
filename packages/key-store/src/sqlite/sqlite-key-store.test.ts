import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyStoreContract } from '../contract.ts';
import { openSqliteKeyStore } from './index.ts';

const temporaryDirectory = (): string => mkdtempSync(join(tmpdir(), 'tenure-keys-'));

const bytesOnDisk = (directory: string): Buffer =>
  Buffer.concat(readdirSync(directory).map((name) => readFileSync(join(directory, name))));

keyStoreContract('sqlite', () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'keys.db');
  return {
    open: () => openSqliteKeyStore({ file }),
    openReader: () => openSqliteKeyStore({ file, readOnly: true }),
    dispose: () => rmSync(directory, { recursive: true }),
  };
});

keyStoreContract('sqlite, with a cache of one key', () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'keys.db');
  return {
    open: () => openSqliteKeyStore({ file, cacheSize: 1 }),
    openReader: () => openSqliteKeyStore({ file, readOnly: true, cacheSize: 1 }),
    dispose: () => rmSync(directory, { recursive: true }),
  };
});

describe('sqlite key store on disk', () => {
  it('I19: leaves no byte of a destroyed key in its files', () => {
    const directory = temporaryDirectory();
    const store = openSqliteKeyStore({ file: join(directory, 'keys.db') });
    const owners = Array.from({ length: 60 }, (_, n) => `owner-${n}`);
    const keys = store.ensure(owners);
    const gone = owners.filter((_, n) => n % 2 === 0);
    // Halves, since a row that is made smaller can cover a part of what was there.
    const halvesOnDisk = (of: readonly string[]): number => {
      const disk = bytesOnDisk(directory);
      const halves = of.flatMap((owner) => [0, 16].map((from) => keys.get(owner)?.key.subarray(from, from + 16) ?? ''));
      return halves.filter((half) => disk.includes(half)).length;
    };
    expect(halvesOnDisk(gone)).toBe(60);
    for (const owner of gone) store.destroy(owner);
    expect(halvesOnDisk(gone)).toBe(0);
    expect(halvesOnDisk(owners.filter((owner) => !gone.includes(owner)))).toBe(60);
    store.close();
    rmSync(directory, { recursive: true });
  });
});
