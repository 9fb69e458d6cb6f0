import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Document } from '@tenure/read-store';
import { openMongoReadStore } from '@tenure/read-store/mongodb';

/** Changes documents behind the product's back. */
export interface BrokenViews {
  /** Replaces a document, or removes it (null), or adds one; its guard stays as it is. */
  put(collection: string, id: string, document: Document | null): Promise<void>;
}

/** Of the embedded engine: in its file, beside the process that has it open. */
export function breakSqlite(directory: string, version: string): BrokenViews {
  const within = <T>(use: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(join(directory, `views-${version}.db`), { timeout: 5_000 });
    try {
      return use(db);
    } finally {
      db.close();
    }
  };
  return {
    put: async (collection, id, document) =>
      within((db) => {
        const row = db.prepare('select id from collections where name = ?').get(collection);
        if (row === undefined) throw new Error(`there is no collection ${collection}`);
        const table = `d${String(row.id)}`;
        const text = JSON.stringify(document);
        if (document === null) db.prepare(`delete from ${table} where id = ?`).run(id);
        else if (db.prepare(`update ${table} set doc = ? where id = ?`).run(text, id).changes === 0) {
          db.prepare(`insert into ${table} (id, guard, irregular, doc) values (?, '', 0, ?)`).run(id, text);
        }
      }),
  };
}

/** Of MongoDB: beside the processes that write it. */
export function breakMongoDB(url: string, database: string, version: string): BrokenViews {
  return {
    put: async (collection, id, document) => {
      const readStore = await openMongoReadStore({ url, database, role: 'writer' });
      try {
        const views = await readStore.open(version, []);
        const guard = (await views.get(collection, id))?.guard;
        await views.write({
          replaces: [{ collection, id, document, guard: guard ?? '', expected: guard ?? null }],
        });
      } finally {
        await readStore.close();
      }
    },
  };
}
