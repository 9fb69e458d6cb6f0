import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';
import { expect, it } from 'vitest';
import { DocumentWriter, documentKey } from './replace-documents.ts';

it('remembers the guards of what is about to be written, however many of it have to be read', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-documents-'));
  const readStore = openSqliteReadStore({ directory, role: 'writer' });
  try {
    const views = await readStore.open('views', [{ name: 'things', indexes: [] }]);
    const writer = new DocumentWriter(views, 3);
    const write = async (ids: string, guard: string): Promise<void> => {
      const changes = [...ids].map((id) => ({ collection: 'things', id, document: { _id: id, guard }, guard }));
      await writer.expectStored(changes);
      await writer.write(new Map(changes.map((change) => [documentKey('things', change.id), change])), {});
    };
    for (const id of 'xyabc') await write(id, '1');
    // Of the three known ones the first is the next to be forgotten.
    await write('axy', '2');
    const found = await views.find('things', {});
    expect(found.map(({ guard }) => guard)).toEqual(['2', '1', '1', '2', '2']);
  } finally {
    await readStore.close();
    rmSync(directory, { recursive: true });
  }
});
