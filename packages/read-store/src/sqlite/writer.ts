import { GuardMismatchError, type WriteBatch } from '../port.ts';
import type { Connection } from './connection.ts';
import { DocumentTable } from './document-table.ts';
import { type IrregularCounts, irregularCounts } from './irregular.ts';
import { collectionOf, type Layout } from './layout.ts';

/** Writes batches to one version. */
export class BatchWriter {
  readonly #connection: Connection;
  readonly #layout: Layout;
  readonly #tables = new Map<string, DocumentTable>();

  constructor(connection: Connection, layout: Layout) {
    this.#connection = connection;
    this.#layout = layout;
  }

  /**
   * Applies a batch in one transaction: its documents in their order, and the checkpoints that hold with them.
   * @throws {GuardMismatchError} naming all documents whose guard differs; nothing is written
   * @throws {ReadStoreError} `collection-unknown`, `read-store-misuse`; nothing is written
   */
  apply({ replaces, checkpoints = {} }: WriteBatch): void {
    const counts = new Map<DocumentTable, IrregularCounts>();
    this.#connection.transaction('immediate', () => {
      const mismatches: { collection: string; id: string }[] = [];
      for (const replace of replaces) {
        const table = this.#table(replace.collection);
        let count = counts.get(table);
        if (count === undefined) {
          count = irregularCounts(table.collection);
          counts.set(table, count);
        }
        if (!table.apply(replace, count)) mismatches.push({ collection: replace.collection, id: replace.id });
      }
      if (mismatches.length > 0) throw new GuardMismatchError(mismatches);
      for (const count of counts.values()) count.store(this.#connection, 'difference');
      this.#storeCheckpoints(checkpoints);
    });
  }

  #table(name: string): DocumentTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new DocumentTable(this.#connection, collectionOf(this.#layout, name));
      this.#tables.set(name, table);
    }
    return table;
  }

  #storeCheckpoints(checkpoints: NonNullable<WriteBatch['checkpoints']>): void {
    const upsert = this.#connection.prepare(
      'insert into checkpoints (consumer, value) values (?, ?) on conflict do update set value = excluded.value',
    );
    for (const [consumer, value] of Object.entries(checkpoints)) upsert.run(consumer, JSON.stringify(value));
  }
}
