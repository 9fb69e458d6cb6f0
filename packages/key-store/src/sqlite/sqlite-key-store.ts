import { randomBytes } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import { KeyStoreReadOnlyError, UnknownKeyError } from '../errors.ts';
import type { DataKey, KeyOwner, KeyStore } from '../port.ts';
import { inTransaction, openKeysFile, scrubKeysFile } from './keys-file.ts';

export interface SqliteKeyStoreOptions {
  /** Path of the database file, made if it is absent (unless `readOnly`). */
  readonly file: string;
  /** For readers beside the one writer: sees the keys it makes and, at once, those it destroys. */
  readonly readOnly?: boolean;
  /** How many keys are kept in memory. */
  readonly cacheSize?: number;
}

const KEY_BYTES = 32;
const KEY_ID_BYTES = 16;

/** Opens the embedded key store: a file of its own, one writer, any number of readers. */
export const openSqliteKeyStore = (options: SqliteKeyStoreOptions): KeyStore => new SqliteKeyStore(options);

class SqliteKeyStore implements KeyStore {
  readonly #db: DatabaseSync;
  readonly #readOnly: boolean;
  readonly #byId: LRUCache<string, DataKey>;
  readonly #byOwner: LRUCache<KeyOwner, DataKey>;
  readonly #selectById: StatementSync;
  readonly #selectByOwner: StatementSync;
  readonly #selectVersion: StatementSync;
  readonly #selectDestructions: StatementSync;
  #version: unknown;
  #destructions: unknown;
  #scrubDue = false;

  constructor({ file, readOnly = false, cacheSize = 50_000 }: SqliteKeyStoreOptions) {
    this.#readOnly = readOnly;
    this.#byId = new LRUCache({ max: cacheSize });
    this.#byOwner = new LRUCache({ max: cacheSize });
    this.#db = openKeysFile(file, { readOnly });
    this.#selectById = this.#db.prepare('select key from keys where id = ?');
    this.#selectByOwner = this.#db.prepare('select id, key from keys where owner = ? and key is not null');
    this.#selectVersion = this.#db.prepare('pragma data_version');
    this.#selectDestructions = this.#db.prepare('select count from destructions');
  }

  ensure(owners: readonly KeyOwner[]): ReadonlyMap<KeyOwner, DataKey> {
    const keys = new Map<KeyOwner, DataKey>();
    const missing: DataKey[] = [];
    const missingOwners: KeyOwner[] = [];
    for (const owner of owners) {
      if (keys.has(owner)) continue;
      let key = this.#byOwner.get(owner) ?? this.#readOwner(owner);
      if (!key) {
        if (this.#readOnly) throw new KeyStoreReadOnlyError();
        key = { keyId: randomBytes(KEY_ID_BYTES).toString('hex'), key: randomBytes(KEY_BYTES) };
        missing.push(key);
        missingOwners.push(owner);
      }
      keys.set(owner, key);
    }
    if (missing.length > 0) {
      this.#insert(missingOwners, missing);
      this.#scrub();
    }
    return keys;
  }

  find(keyId: string): DataKey | undefined {
    this.#dropStaleCache();
    const cached = this.#byId.get(keyId);
    if (cached) return cached;
    const row = this.#selectById.get(Buffer.from(keyId, 'hex'));
    if (!row) throw new UnknownKeyError(keyId);
    if (!(row.key instanceof Uint8Array)) return undefined;
    const key = { keyId, key: Buffer.from(row.key) };
    this.#byId.set(keyId, key);
    return key;
  }

  destroy(owner: KeyOwner): void {
    if (this.#readOnly) throw new KeyStoreReadOnlyError();
    const key = this.#byOwner.get(owner) ?? this.#readOwner(owner);
    if (!key) return;
    inTransaction(this.#db, () => {
      this.#db.prepare('update keys set key = null where owner = ? and key is not null').run(owner);
      this.#db.exec('update destructions set count = count + 1');
    });
    this.#byOwner.delete(owner);
    this.#byId.delete(key.keyId);
    this.#scrubDue = true;
    this.#scrub();
  }

  close(): void {
    this.#scrub();
    this.#db.close();
  }

  #readOwner(owner: KeyOwner): DataKey | undefined {
    const row = this.#selectByOwner.get(owner);
    if (!(row?.id instanceof Uint8Array) || !(row.key instanceof Uint8Array)) return undefined;
    return this.#remember(owner, { keyId: Buffer.from(row.id).toString('hex'), key: Buffer.from(row.key) });
  }

  #remember(owner: KeyOwner, key: DataKey): DataKey {
    this.#byOwner.set(owner, key);
    this.#byId.set(key.keyId, key);
    return key;
  }

  #insert(owners: readonly KeyOwner[], keys: readonly DataKey[]): void {
    const insert = this.#db.prepare('insert into keys (id, owner, key) values (?, ?, ?)');
    inTransaction(this.#db, () => {
      keys.forEach((key, index) => {
        insert.run(Buffer.from(key.keyId, 'hex'), owners[index] ?? '', key.key);
      });
    });
    // Only now that they are durable may anyone seal with them.
    keys.forEach((key, index) => {
      this.#remember(owners[index] ?? '', key);
    });
  }

  /** Another connection may have destroyed a key that is cached here. */
  #dropStaleCache(): void {
    if (!this.#readOnly) return;
    const version = this.#selectVersion.get()?.data_version;
    if (version === this.#version) return;
    const destructions = this.#selectDestructions.get()?.count;
    if (destructions !== this.#destructions) {
      this.#byId.clear();
      this.#byOwner.clear();
    }
    this.#version = version;
    this.#destructions = destructions;
  }

  /** If a reader stands in the way, it is done with the next write or at the end. */
  #scrub(): void {
    if (this.#scrubDue) this.#scrubDue = !scrubKeysFile(this.#db);
  }
}
