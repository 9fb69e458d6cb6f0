import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idsOf, put, putting, things, withValues } from '../contract/harness.ts';
import { readStoreContract } from '../contract.ts';
import type { Filter, ReadStore } from '../port.ts';
import { openSqliteReadStore, type SqliteReadStoreOptions } from './index.ts';

readStoreContract('SQLite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-views-'));
  return {
    openWriter: async () => openSqliteReadStore({ directory, role: 'writer' }),
    openReader: async () => openSqliteReadStore({ directory, role: 'reader' }),
    dispose: async () => rmSync(directory, { recursive: true }),
  };
});

describe('read store: SQLite alone', () => {
  let directory = '';
  const stores: ReadStore[] = [];
  const open = (role: SqliteReadStoreOptions['role'], options: Partial<SqliteReadStoreOptions> = {}): ReadStore => {
    const store = openSqliteReadStore({ directory, role, ...options });
    stores.push(store);
    return store;
  };
  const closeAll = async (): Promise<void> => {
    for (const store of stores.splice(0)) await store.close();
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tenure-views-'));
  });
  afterEach(async () => {
    await closeAll();
    rmSync(directory, { recursive: true });
  });

  it('keeps text that is not Unicode, such as half of a pair of surrogates, apart from all other', async () => {
    const views = await open('writer').open('v1', [things(['v'])]);
    await put(views, withValues(['\uD800', '\uDC00', '\uFFFD', 'a\uD800', 'a\uFFFD', ['\uD800', 'x']]));
    const find = async (filter: Filter): Promise<string> => idsOf(await views.find('things', { filter })).join('');
    expect(await find({ v: '\uD800' })).toBe('af');
    expect(await find({ v: '\uFFFD' })).toBe('c');
    expect(await find({ v: { $in: ['a\uD800', '\uDC00'] } })).toBe('bd');
    expect(await find({ v: { $ne: '\uD800' } })).toBe('bcde');
    expect(await find({ v: { $gte: 'a\uFFFD' } })).toBe('abcdef');
    await expect(put(views, [{ _id: '\uD800' }])).rejects.toMatchObject({ code: 'read-store-misuse' });
  });

  it('finds by an item of an array as by a value, and forgets items that are gone', async () => {
    const views = await open('writer').open('v1', [things(['tags', 'lines.sku'])]);
    await put(views, [
      { _id: 'a', tags: ['x', 'y', 'x'], lines: [{ sku: 's' }, { sku: 't' }] },
      { _id: 'b', tags: 'x', lines: { sku: 's' } },
    ]);
    const find = async (filter: Filter): Promise<string> => idsOf(await views.find('things', { filter })).join('');
    expect(await find({ tags: 'x' })).toBe('ab');
    expect(await find({ 'lines.sku': 't' })).toBe('a');
    await views.write({ replaces: [putting({ _id: 'a', tags: ['y', 'z'], lines: [{ sku: 's' }] }, '1', '2')] });
    expect(await find({ tags: 'x' })).toBe('b');
    expect(await find({ tags: { $in: ['y', 'z'] } })).toBe('a');
    expect(await find({ 'lines.sku': 's' })).toBe('ab');
    await views.write({ replaces: [putting({ _id: 'a', tags: 'z' }, '2', '3')] });
    expect(await find({ tags: { $gte: 'y' } })).toBe('a');
    await closeAll();
    const file = new DatabaseSync(join(directory, 'views-v1.db'));
    expect(file.prepare('select count(*) as n from m1').get()).toEqual({ n: 0 });
    expect(file.prepare('select sum(irregular) as n from fields').get()).toEqual({ n: 0 });
    file.close();
  });

  it('answers single documents while a query of all is under way', async () => {
    const views = await open('writer').open('v1', [things([])]);
    await put(
      views,
      Array.from({ length: 30_000 }, (_, i) => ({ _id: `k${i}`, v: i, text: 'x'.repeat(200) })),
    );
    const reader = await open('reader').open('v1', [things([])]);
    await reader.count('things');
    let answered = 0;
    let done = false;
    const query = reader.aggregate('things', [
      { $match: { v: { $gt: -1 } } },
      { $group: { _id: '$text', n: { $sum: 1 } } },
    ]);
    const ended = query.finally(() => {
      done = true;
    });
    while (!done) {
      await reader.get('things', `k${answered}`);
      answered++;
      await new Promise(setImmediate);
    }
    expect(await ended).toEqual([{ _id: 'x'.repeat(200), n: 30_000 }]);
    expect(answered).toBeGreaterThan(100);
  });

  it('sees one state of the views in a query, whatever is written meanwhile', async () => {
    const views = await open('writer').open('v1', [things(['v'])]);
    const numbers = Array.from({ length: 5_000 }, (_, i) => i);
    const turn = (n: number) =>
      numbers.map((v) => putting({ _id: `k${v}`, v, n }, n === 0 ? null : `${n - 1}`, `${n}`));
    await views.write({ replaces: turn(0) });
    const reader = await open('reader').open('v1', [things(['v'])]);
    for (let n = 1; n <= 6; n++) {
      const sums = reader.aggregate('things', [{ $group: { _id: '$n', rows: { $sum: 1 } } }]);
      // Downwards an index is read by many statements.
      const rows = reader.find('things', { sort: [{ field: 'v', direction: -1 }] });
      await views.write({ replaces: turn(n) });
      expect(await sums).toMatchObject([{ rows: 5_000 }]);
      expect(new Set((await rows).map((row) => row.n)).size).toBe(1);
    }
  });

  it('gives up a query that takes too long, and answers the next one', async () => {
    const views = await open('writer').open('v1', [things(['v'])]);
    await put(
      views,
      Array.from({ length: 20_000 }, (_, i) => ({ _id: `k${i}`, v: i, w: i })),
    );
    const reader = await open('reader', { queryTimeoutMs: 5 }).open('v1', [things(['v'])]);
    await expect(reader.find('things', { filter: { w: { $lt: 0 } } })).rejects.toMatchObject({ code: 'query-timeout' });
    expect(await reader.find('things', { filter: { v: 7 } })).toHaveLength(1);
  });

  it('takes more queries at a time than it has connections', async () => {
    const views = await open('writer').open('v1', [things(['v'])]);
    await put(
      views,
      Array.from({ length: 500 }, (_, i) => ({ _id: `k${i}`, v: i })),
    );
    const reader = await open('reader').open('v1', [things(['v'])]);
    const found = await Promise.all(Array.from({ length: 50 }, (_, v) => reader.find('things', { filter: { v } })));
    expect(found.map(([first]) => first?.v)).toEqual(Array.from({ length: 50 }, (_, v) => v));
  });

  it('reads without a writer, and a version whose tables are not made yet is none', async () => {
    const views = await open('writer').open('v1', [things(['v'])]);
    await put(views, withValues([1, 2]));
    await closeAll();
    writeFileSync(join(directory, 'views-v2.db'), '');
    const reader = open('reader');
    expect(await (await reader.open('v1', [things([])])).count('things', { v: 2 })).toBe(1);
    await expect(reader.open('v2', [])).rejects.toMatchObject({ code: 'view-version-unknown' });
    await expect(reader.open('v1', [{ name: 'others', indexes: [] }])).rejects.toMatchObject({
      code: 'collection-unknown',
    });
  });

  it('says when a file is damaged, or of another format', async () => {
    await open('writer').open('v1', [things([])]);
    await open('writer').open('v2', [things([])]);
    await closeAll();
    writeFileSync(join(directory, 'views-v1.db'), 'this is no database, but it is long enough to look at'.repeat(100));
    const other = new DatabaseSync(join(directory, 'views-v2.db'));
    other.exec('pragma user_version = 99');
    other.close();
    for (const role of ['writer', 'reader'] as const) {
      for (const version of ['v1', 'v2']) {
        const refusal = { code: 'view-rebuild-needed' };
        await expect(open(role).open(version, [things([])]), `${role} ${version}`).rejects.toMatchObject(refusal);
      }
    }
  });

  it('leaves nothing behind of a version that was dropped', async () => {
    const writer = open('writer');
    const views = await writer.open('v1', [things([])]);
    await put(views, withValues([1]));
    await views.close();
    await writer.drop('v1');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('I16: refuses a second writer, of another process too, until the first one is gone', async () => {
    const child = fork(fileURLToPath(new URL('./fixtures/write-on.ts', import.meta.url)), [directory]);
    await once(child, 'message');
    await expect(open('writer').open('v1', [])).rejects.toMatchObject({ code: 'read-store-locked' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const views = await open('writer').open('v1', [things(['n'])]);
    await put(views, [{ _id: 'mine' }]);
  });

  it('I6: after kill -9 a checkpoint is never ahead of its documents, and indexes agree with them', async () => {
    for (let round = 0; round < 4; round++) {
      const child = fork(fileURLToPath(new URL('./fixtures/write-on.ts', import.meta.url)), [directory]);
      let written = 0;
      while (written < 3 + round * 5) {
        const [message] = await once(child, 'message');
        written = Number(message);
      }
      child.kill('SIGKILL');
      await once(child, 'exit');
      const views = await open('writer').open('v1', [things(['n'])]);
      const checkpoint = Number(await views.checkpoint('projector'));
      expect(checkpoint).toBeGreaterThanOrEqual(written);
      const documents = await views.find('things');
      expect(documents.every((document) => document.n === checkpoint)).toBe(true);
      expect(await views.count('things', { n: checkpoint })).toBe(documents.length);
      expect(documents).toHaveLength(40);
      await closeAll();
    }
  });

  it('I6: documents are not written without the checkpoint of their batch', async () => {
    const views = await open('writer').open('v1', [things([])]);
    const broken = {
      get position(): string {
        throw new Error('cannot be written');
      },
    };
    const batch = { replaces: [putting({ _id: 'a' })], checkpoints: { projector: broken } };
    await expect(views.write(batch)).rejects.toThrow('cannot be written');
    expect(await views.get('things', 'a')).toBeUndefined();
    await views.write({ replaces: [putting({ _id: 'a' })] });
  });

  it('goes on with a torn end of its write-ahead log', async () => {
    const views = await open('writer').open('v1', [things(['v'])]);
    await put(views, withValues([1, 2]));
    const copy = mkdtempSync(join(tmpdir(), 'tenure-views-'));
    // As a crash leaves it: the log not yet in the file, and half a frame at its end.
    for (const name of readdirSync(directory)) {
      if (name.endsWith('.db') || name.endsWith('-wal')) copyTo(copy, name);
    }
    appendFileSync(join(copy, 'views-v1.db-wal'), Buffer.alloc(1_000, 7));
    const restored = openSqliteReadStore({ directory: copy, role: 'writer' });
    expect(await (await restored.open('v1', [things(['v'])])).count('things', { v: 2 })).toBe(1);
    await restored.close();
    rmSync(copy, { recursive: true });
  });

  function copyTo(target: string, name: string): void {
    copyFileSync(join(directory, name), join(target, name));
  }
});
