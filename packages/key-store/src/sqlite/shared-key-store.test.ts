import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedKeyStoreContract } from '../contract.ts';
import { sharedKeyStore } from '../port.ts';
import { openSqliteKeyStore } from './index.ts';

sharedKeyStoreContract('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-keys-'));
  // One writer: what opens the keys more than once shares it.
  const file = join(directory, 'keys.db');
  let users = 0;
  let keys = openSqliteKeyStore({ file });
  keys.close();
  return {
    open: async () => {
      if (users++ === 0) keys = openSqliteKeyStore({ file });
      const shared = sharedKeyStore(keys);
      return {
        ...shared,
        close: async () => {
          if (--users === 0) await shared.close();
        },
      };
    },
    dispose: async () => rmSync(directory, { recursive: true }),
  };
});
