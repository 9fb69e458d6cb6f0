import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ForeignTargetError } from '../errors.ts';
import type { SealedEvent } from '../port.ts';
import { Customers } from './customers.ts';
import { prepareInsert } from './insert-event.ts';
import { packMetadata } from './metadata.ts';
import { Streams } from './streams.ts';
import { TermWriter } from './terms.ts';

/** Writes events of another log as they are; positions are the places in this one. Synchronous, like `SqliteLog`. */
export class ImportWriter {
  readonly #db: DatabaseSync;
  readonly #terms: TermWriter;
  readonly #streams: Streams;
  readonly #customers: Customers;
  readonly #insert: StatementSync;
  #head: number;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#terms = new TermWriter(db);
    this.#streams = new Streams(db, this.#terms);
    this.#customers = new Customers(db);
    this.#insert = prepareInsert(db);
    this.#head = Number(db.prepare('select max(position) as position from events').get()?.position ?? 0);
  }

  /** In one transaction. Not to be used any more when it has thrown. @throws {ForeignTargetError} */
  append(events: readonly SealedEvent[]): void {
    this.#db.exec('begin immediate');
    try {
      for (const event of events) this.#write(event);
      this.#db.exec('commit');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  #write(event: SealedEvent): void {
    const { id, revision } = this.#streams.find(event.stream) ?? this.#streams.create(event.stream);
    if (event.revision !== revision + 1)
      throw new ForeignTargetError(`${event.stream} ends at revision ${revision}, not before ${event.revision}`);
    this.#insert.run(
      ++this.#head,
      id,
      event.revision,
      Buffer.from(event.id, 'hex'),
      this.#terms.intern(event.type),
      event.version,
      event.customerId === null ? null : this.#customers.intern(event.customerId),
      event.occurredAt,
      event.recordedAt,
      packMetadata(event.metadata, this.#terms),
      event.sealed ?? null,
      JSON.stringify(event.data),
    );
    this.#streams.update(event.stream, { id, revision: event.revision });
  }
}
