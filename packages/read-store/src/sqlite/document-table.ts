import type { StatementSync } from 'node:sqlite';
import { ReadStoreError } from '../errors.ts';
import type { Document, GuardedReplace } from '../port.ts';
import { type ColumnValue, extractColumns } from './columns.ts';
import type { Connection } from './connection.ts';
import { type IrregularCounts, replaceItems } from './irregular.ts';
import type { CollectionLayout } from './layout.ts';

interface StoredRow {
  readonly seq: number;
  readonly guard: string;
  readonly irregular: number;
  readonly values: readonly unknown[];
}

/** The rows of one collection, as their writer sees them. */
export class DocumentTable {
  readonly collection: CollectionLayout;
  readonly #connection: Connection;
  readonly #select: StatementSync;
  readonly #selectDocument: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #updates = new Map<string, StatementSync>();

  constructor(connection: Connection, collection: CollectionLayout) {
    const { documents, columns } = collection;
    const names = columns.map((column) => column.name);
    const inserted = ['id', 'guard', 'irregular', 'doc', ...names];
    this.#connection = connection;
    this.collection = collection;
    this.#select = connection.db.prepare(
      `select ${['seq', 'guard', 'irregular', ...names].join(', ')} from ${documents} where id = ?`,
    );
    this.#selectDocument = connection.db.prepare(`select doc from ${documents} where seq = ?`);
    this.#insert = connection.db.prepare(
      `insert into ${documents} (${inserted.join(', ')}) values (${inserted.map(() => '?').join(', ')})`,
    );
    this.#delete = connection.db.prepare(`delete from ${documents} where seq = ?`);
  }

  /**
   * Replaces or removes a document; false, with nothing done, if its guard differs. `counts` gathers how many values
   * are irregular.
   * @throws {ReadStoreError} `read-store-misuse`
   */
  apply({ id, document, guard, expected }: GuardedReplace, counts: IrregularCounts): boolean {
    const stored = this.#stored(id);
    if ((stored?.guard ?? null) !== expected) return false;
    if (document === null) {
      if (stored !== undefined) this.#remove(stored, counts);
      return true;
    }
    checkDocument(id, document);
    const { values, irregular } = extractColumns(document, this.collection.columns);
    const json = JSON.stringify(document);
    if (stored === undefined) {
      const { lastInsertRowid } = this.#insert.run(id, guard, irregular, json, ...values);
      this.#noteIrregular(Number(lastInsertRowid), undefined, 0, document, irregular, counts);
    } else {
      const before = stored.irregular === 0 ? undefined : this.#document(stored.seq);
      this.#update(stored, guard, irregular, json, values);
      this.#noteIrregular(stored.seq, before, stored.irregular, document, irregular, counts);
    }
    return true;
  }

  /** Sets only the columns that change: each one costs a search in its index, twice. */
  #update(stored: StoredRow, guard: string, irregular: number, json: string, values: readonly ColumnValue[]): void {
    const changed = values.map((value, i) => !sameValue(stored.values[i], value));
    const key = changed.map(Number).join('');
    let update = this.#updates.get(key);
    if (update === undefined) {
      const names = this.collection.columns.filter((_, i) => changed[i]).map((column) => column.name);
      const set = ['guard', 'irregular', 'doc', ...names].map((name) => `${name} = ?`).join(', ');
      update = this.#connection.prepare(`update ${this.collection.documents} set ${set} where seq = ?`);
      if (this.#updates.size < MAX_UPDATES) this.#updates.set(key, update);
    }
    update.run(guard, irregular, json, ...values.filter((_, i) => changed[i]), stored.seq);
  }

  #remove(stored: StoredRow, counts: IrregularCounts): void {
    const before = stored.irregular === 0 ? undefined : this.#document(stored.seq);
    this.#delete.run(stored.seq);
    this.#noteIrregular(stored.seq, before, stored.irregular, undefined, 0, counts);
  }

  #noteIrregular(
    seq: number,
    before: Document | undefined,
    beforeMask: number,
    after: Document | undefined,
    afterMask: number,
    counts: IrregularCounts,
  ): void {
    if (beforeMask === 0 && afterMask === 0) return;
    counts.changed(beforeMask, afterMask);
    replaceItems(this.#connection, this.collection, seq, { before, beforeMask, after, afterMask });
  }

  #stored(id: string): StoredRow | undefined {
    const row = this.#select.get(id);
    if (row === undefined) return undefined;
    const [seq, guard, irregular, ...values] = Object.values(row);
    return { seq: Number(seq), guard: String(guard), irregular: Number(irregular), values };
  }

  #document(seq: number): Document {
    return JSON.parse(String(this.#selectDocument.get(seq)?.doc));
  }
}

/** Combinations of changed columns whose statements are kept. */
const MAX_UPDATES = 100;

function sameValue(stored: unknown, value: ColumnValue): boolean {
  if (stored instanceof Uint8Array && value instanceof Uint8Array) return Buffer.compare(stored, value) === 0;
  return stored === value;
}

function checkDocument(id: string, document: Document): void {
  if (document._id !== id) throw new ReadStoreError('read-store-misuse', `document ${document._id} replaces ${id}`);
  if (!id.isWellFormed()) throw new ReadStoreError('read-store-misuse', 'an id must be well-formed Unicode');
}
