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
    const keys = store.ensure(Array.from({ length: 50 }, (_, n) => `owner-${n}`));
    const [gone, kept] = [keys.get('owner-7'), keys.get('owner-8')];
    expect(bytesOnDisk(directory).includes(gone?.key ?? '')).toBe(true);
    store.destroy('owner-7');
    expect(bytesOnDisk(directory).includes(gone?.key ?? '')).toBe(false);
    expect(bytesOnDisk(directory).includes(kept?.key ?? '')).toBe(true);
    store.close();
    rmSync(directory, { recursive: true });
  });
});
