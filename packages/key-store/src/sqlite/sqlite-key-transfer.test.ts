import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keyTransferContract } from '../contract.ts';
import { sharedKeyStore } from '../port.ts';
import { openSqliteKeyStore, openSqliteKeyTransfer } from './index.ts';

keyTransferContract('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-keys-'));
  const file = join(directory, 'keys.db');
  return {
    openStore: async () => sharedKeyStore(openSqliteKeyStore({ file })),
    openTransfer: async () => openSqliteKeyTransfer({ file }),
    dispose: async () => rmSync(directory, { recursive: true }),
  };
});

it('I19: leaves no byte on the disk of a key that a transfer destroys', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-keys-'));
  const keys = openSqliteKeyTransfer({ file: join(directory, 'keys.db') });
  const key = Buffer.from('a key that can be looked for: 32');
  const onDisk = (): boolean =>
    readdirSync(directory).some((name) => readFileSync(join(directory, name)).includes(key));
  await keys.add([{ keyId: 'a'.repeat(32), owner: 'jane', key }]);
  expect(onDisk()).toBe(true);
  await keys.add([{ keyId: 'a'.repeat(32), owner: 'jane' }]);
  expect(onDisk()).toBe(false);
  await keys.close();
  rmSync(directory, { recursive: true });
});
