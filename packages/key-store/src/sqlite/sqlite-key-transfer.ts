import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { KeyConflictError } from '../errors.ts';
import type { KeyRecord, KeyTransfer } from '../transfer.ts';
import { inTransaction, openKeysFile, scrubKeysFile } from './keys-file.ts';

export interface SqliteKeyTransferOptions {
  /** Path of the database file, made if it is absent (unless `readOnly`). */
  readonly file: string;
  /** For keys that move away from here. */
  readonly readOnly?: boolean;
}

/** Opens the embedded key store to move its keys. No key store may be open on the file for writing. */
export const openSqliteKeyTransfer = ({ file, readOnly = false }: SqliteKeyTransferOptions): KeyTransfer =>
  new SqliteKeyTransfer(openKeysFile(file, { readOnly }));

class SqliteKeyTransfer implements KeyTransfer {
  readonly #db: DatabaseSync;
  readonly #select: StatementSync;
  readonly #ownerHas: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#select = db.prepare('select owner, key from keys where id = ?');
    this.#ownerHas = db.prepare('select 1 from keys where owner = ? and key is not null');
  }

  async list({ after = '', limit }: { after?: string; limit: number }): Promise<readonly KeyRecord[]> {
    const rows = this.#db
      .prepare('select lower(hex(id)) as keyId, owner, key from keys where id > ? order by id limit ?')
      .all(Buffer.from(after, 'hex'), limit);
    return rows.map(({ keyId, owner, key }) => ({
      keyId: String(keyId),
      owner: String(owner),
      ...(key instanceof Uint8Array ? { key: Buffer.from(key) } : {}),
    }));
  }

  async add(records: readonly KeyRecord[]): Promise<void> {
    let destroyed = false;
    inTransaction(this.#db, () => {
      for (const record of records) destroyed = this.#addOne(record) || destroyed;
    });
    if (destroyed) scrubKeysFile(this.#db);
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  /** Answers whether a key was destroyed by it. */
  #addOne({ keyId, owner, key }: KeyRecord): boolean {
    const id = Buffer.from(keyId, 'hex');
    const present = this.#select.get(id);
    if (!present) {
      if (key && this.#ownerHas.get(owner)) throw new KeyConflictError(keyId);
      this.#db.prepare('insert into keys (id, owner, key) values (?, ?, ?)').run(id, owner, key ?? null);
      return false;
    }
    if (present.owner !== owner) throw new KeyConflictError(keyId);
    if (!(present.key instanceof Uint8Array)) return false;
    if (key) {
      if (!key.equals(present.key)) throw new KeyConflictError(keyId);
      return false;
    }
    this.#db.prepare('update keys set key = null where id = ?').run(id);
    this.#db.exec('update destructions set count = count + 1');
    return true;
  }
}
