import { ReadStoreError } from '../errors.ts';
import { type Document, type GuardedReplace, GuardMismatchError, type WriteBatch } from '../port.ts';
import { extractColumns } from './columns.ts';
import type { Connection } from './connection.ts';
import { irregularCounts, replaceItems } from './irregular.ts';
import { type CollectionLayout, collectionOf, type Layout } from './layout.ts';

interface StoredRow {
  readonly seq: number;
  readonly guard: string;
  readonly irregular: number;
}

/**
 * Applies a batch in one transaction: its documents, and the checkpoints that hold with them.
 * @throws {GuardMismatchError} naming all documents whose guard differs; nothing is written
 */
export function applyBatch(connection: Connection, layout: Layout, batch: WriteBatch): void {
  connection.transaction('immediate', () => {
    const tables = new Map<string, DocumentTable>();
    const mismatches: { collection: string; id: string }[] = [];
    for (const replace of batch.replaces) {
      let table = tables.get(replace.collection);
      if (table === undefined) {
        table = new DocumentTable(connection, collectionOf(layout, replace.collection));
        tables.set(replace.collection, table);
      }
      if (!table.apply(replace)) mismatches.push({ collection: replace.collection, id: replace.id });
    }
    if (mismatches.length > 0) throw new GuardMismatchError(mismatches);
    for (const table of tables.values()) table.finish();
    storeCheckpoints(connection, batch.checkpoints ?? {});
  });
}

function storeCheckpoints(connection: Connection, checkpoints: NonNullable<WriteBatch['checkpoints']>): void {
  const upsert = connection.prepare(
    'insert into checkpoints (consumer, value) values (?, ?) on conflict do update set value = excluded.value',
  );
  for (const [consumer, value] of Object.entries(checkpoints)) upsert.run(consumer, JSON.stringify(value));
}

/** Writes to one collection, for one batch. */
class DocumentTable {
  readonly #connection: Connection;
  readonly #collection: CollectionLayout;
  readonly #counts: ReturnType<typeof irregularCounts>;

  constructor(connection: Connection, collection: CollectionLayout) {
    this.#connection = connection;
    this.#collection = collection;
    this.#counts = irregularCounts(collection);
  }

  /** False, with nothing done, if the guard differs. */
  apply({ id, document, guard, expected }: GuardedReplace): boolean {
    const stored = this.#stored(id);
    if ((stored?.guard ?? null) !== expected) return false;
    if (document === null) {
      if (stored !== undefined) this.#remove(stored);
      return true;
    }
    checkDocument(id, document);
    const { values, irregular } = extractColumns(document, this.#collection.columns);
    const json = JSON.stringify(document);
    if (stored === undefined) {
      const { lastInsertRowid } = this.#insert().run(id, guard, irregular, json, ...values);
      this.#noteIrregular(Number(lastInsertRowid), undefined, 0, document, irregular);
    } else {
      const before = stored.irregular === 0 ? undefined : this.#document(stored.seq);
      this.#update().run(guard, irregular, json, ...values, stored.seq);
      this.#noteIrregular(stored.seq, before, stored.irregular, document, irregular);
    }
    return true;
  }

  finish(): void {
    this.#counts.store(this.#connection, 'difference');
  }

  #remove(stored: StoredRow): void {
    const before = stored.irregular === 0 ? undefined : this.#document(stored.seq);
    this.#connection.prepare(`delete from ${this.#collection.documents} where seq = ?`).run(stored.seq);
    this.#noteIrregular(stored.seq, before, stored.irregular, undefined, 0);
  }

  #noteIrregular(
    seq: number,
    before: Document | undefined,
    beforeMask: number,
    after: Document | undefined,
    afterMask: number,
  ): void {
    if (beforeMask === 0 && afterMask === 0) return;
    this.#counts.changed(beforeMask, afterMask);
    replaceItems(this.#connection, this.#collection, seq, { before, beforeMask, after, afterMask });
  }

  #stored(id: string): StoredRow | undefined {
    const sql = `select seq, guard, irregular from ${this.#collection.documents} where id = ?`;
    const row = this.#connection.prepare(sql).get(id);
    return row && { seq: Number(row.seq), guard: String(row.guard), irregular: Number(row.irregular) };
  }

  #document(seq: number): Document {
    const row = this.#connection.prepare(`select doc from ${this.#collection.documents} where seq = ?`).get(seq);
    return JSON.parse(String(row?.doc));
  }

  #insert() {
    const { documents, columns } = this.#collection;
    const names = ['id', 'guard', 'irregular', 'doc', ...columns.map((column) => column.name)];
    return this.#connection.prepare(
      `insert into ${documents} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`,
    );
  }

  #update() {
    const { documents, columns } = this.#collection;
    const names = ['guard', 'irregular', 'doc', ...columns.map((column) => column.name)];
    return this.#connection.prepare(
      `update ${documents} set ${names.map((name) => `${name} = ?`).join(', ')} where seq = ?`,
    );
  }
}

function checkDocument(id: string, document: Document): void {
  if (document._id !== id) throw new ReadStoreError('read-store-misuse', `document ${document._id} replaces ${id}`);
  if (!id.isWellFormed()) throw new ReadStoreError('read-store-misuse', 'an id must be well-formed Unicode');
}
