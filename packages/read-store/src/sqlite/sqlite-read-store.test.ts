import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStoreContract } from '../contract.ts';
import { openSqliteReadStore } from './index.ts';

readStoreContract('SQLite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-views-'));
  return {
    openWriter: async () => openSqliteReadStore({ directory, role: 'writer' }),
    openReader: async () => openSqliteReadStore({ directory, role: 'reader' }),
    dispose: async () => rmSync(directory, { recursive: true }),
  };
});
