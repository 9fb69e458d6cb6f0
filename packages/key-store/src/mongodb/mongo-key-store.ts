import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { Binary, type Collection, type MongoClient } from 'mongodb';
import { UnknownKeyError } from '../errors.ts';
import type { DataKey, KeyOwner, SharedKeyStore } from '../port.ts';
import {
  DEFAULT_TIMEOUT_MS,
  isDuplicatesOnly,
  type KeyDocument,
  openKeysCollection,
  reaching,
} from './keys-collection.ts';

export interface MongoKeyStoreOptions {
  /** For the driver. */
  readonly url: string;
  readonly database: string;
  /** How many keys are kept in memory. */
  readonly cacheSize?: number;
  /** How long a key is used from memory, and so how long another process can take to notice that it was destroyed. */
  readonly cacheTtlMs?: number;
  /** How long a call may take. */
  readonly timeoutMs?: number;
}

const KEY_BYTES = 32;
const KEY_ID_BYTES = 16;
const PAUSE_MS = 20;
/** What goes to the server at once, ids or documents. */
const BATCH = 1_000;

/**
 * Opens the keys in a MongoDB database, in the collection `keys`, shared by all processes that open it.
 * @throws {KeyStoreUnavailableError} when the server cannot be reached
 */
export const openMongoKeyStore = async (options: MongoKeyStoreOptions): Promise<SharedKeyStore> => {
  const { client, keys } = await openKeysCollection(options);
  return new MongoKeyStore(client, keys, options);
};

/** Keys that are made together. */
interface Round {
  readonly wanted: Set<KeyOwner>;
  readonly keys: Promise<ReadonlyMap<KeyOwner, DataKey>>;
}

class MongoKeyStore implements SharedKeyStore {
  readonly #client: MongoClient;
  readonly #keys: Collection<KeyDocument>;
  readonly #timeoutMs: number;
  readonly #byId: LRUCache<string, DataKey>;
  readonly #byOwner: LRUCache<KeyOwner, DataKey>;
  #lastRound: Promise<unknown> = Promise.resolve();
  #nextRound: Round | undefined;

  constructor(
    client: MongoClient,
    keys: Collection<KeyDocument>,
    { cacheSize = 50_000, cacheTtlMs = 3_000, timeoutMs = DEFAULT_TIMEOUT_MS }: MongoKeyStoreOptions,
  ) {
    this.#client = client;
    this.#keys = keys;
    this.#timeoutMs = timeoutMs;
    this.#byId = new LRUCache({ max: cacheSize, ttl: cacheTtlMs });
    this.#byOwner = new LRUCache({ max: cacheSize, ttl: cacheTtlMs });
  }

  async ensure(owners: readonly KeyOwner[]): Promise<ReadonlyMap<KeyOwner, DataKey>> {
    const wanted = new Set(owners);
    const found = new Map<KeyOwner, DataKey>();
    for (const owner of wanted) {
      const key = this.#byOwner.get(owner);
      if (key) found.set(owner, key);
    }
    const missing = [...wanted].filter((owner) => !found.has(owner));
    const ensured = missing.length === 0 ? found : await this.#ensureTogether(missing);
    return new Map([...wanted].map((owner) => [owner, mustHave(found.get(owner) ?? ensured.get(owner), owner)]));
  }

  async findMany(keyIds: readonly string[]): Promise<ReadonlyMap<string, DataKey>> {
    const found = new Map<string, DataKey>();
    const missing: string[] = [];
    for (const keyId of new Set(keyIds)) {
      const key = this.#byId.get(keyId);
      if (key) found.set(keyId, key);
      else missing.push(keyId);
    }
    for (let from = 0; from < missing.length; from += BATCH) {
      const ids = missing.slice(from, from + BATCH);
      const documents = await reaching(() => this.#keys.find({ _id: { $in: ids } }).toArray());
      const known = new Set(documents.map(({ _id }) => _id));
      const unknown = ids.find((keyId) => !known.has(keyId));
      if (unknown !== undefined) throw new UnknownKeyError(unknown);
      for (const document of documents) {
        const key = this.#remember(document);
        if (key) found.set(key.keyId, key);
      }
    }
    return found;
  }

  async destroy(owner: KeyOwner): Promise<void> {
    const destroyed = await reaching(() =>
      this.#keys.findOneAndUpdate(
        { owner, key: { $exists: true } },
        { $unset: { key: '' } },
        { returnDocument: 'before', projection: { _id: 1 } },
      ),
    );
    this.#byOwner.delete(owner);
    if (destroyed) this.#byId.delete(destroyed._id);
  }

  async close(): Promise<void> {
    this.#byId.clear();
    this.#byOwner.clear();
    await this.#client.close();
  }

  /** Owners that are asked for while a round is under way go together in the next: a round costs a commit. */
  #ensureTogether(owners: readonly KeyOwner[]): Promise<ReadonlyMap<KeyOwner, DataKey>> {
    if (this.#nextRound === undefined) {
      const wanted = new Set<KeyOwner>();
      const keys = this.#lastRound.then(() => {
        this.#nextRound = undefined;
        return this.#ensureAll([...wanted]);
      });
      this.#nextRound = { wanted, keys };
      // Whoever waits for it is told of its failure; the next round only waits for its end.
      this.#lastRound = keys.catch(() => undefined);
    }
    for (const owner of owners) this.#nextRound.wanted.add(owner);
    return this.#nextRound.keys;
  }

  async #ensureAll(owners: readonly KeyOwner[]): Promise<ReadonlyMap<KeyOwner, DataKey>> {
    const all = new Map<KeyOwner, DataKey>();
    for (let from = 0; from < owners.length; from += BATCH)
      for (const [owner, key] of await reaching(() => this.#ensure(owners.slice(from, from + BATCH))))
        all.set(owner, key);
    return all;
  }

  /** Of two processes that make a key for one owner at the same time, one inserts it and both read it. */
  async #ensure(owners: readonly KeyOwner[]): Promise<Map<KeyOwner, DataKey>> {
    const deadline = performance.now() + this.#timeoutMs;
    const found = await this.#readOwners(owners);
    for (;;) {
      const missing = owners.filter((owner) => !found.has(owner));
      if (missing.length === 0) return found;
      if (performance.now() > deadline) throw new Error(`no key for ${missing[0]} became durable in time`);
      await this.#insert(missing);
      for (const [owner, key] of await this.#readOwners(missing)) found.set(owner, key);
      // Another's insert stands in the way, and is not durable yet.
      if (missing.some((owner) => !found.has(owner))) await sleep(PAUSE_MS);
    }
  }

  async #insert(owners: readonly KeyOwner[]): Promise<void> {
    const documents = owners.map((owner) => ({
      _id: randomBytes(KEY_ID_BYTES).toString('hex'),
      owner,
      key: new Binary(randomBytes(KEY_BYTES)),
    }));
    try {
      await this.#keys.insertMany(documents, { ordered: false });
    } catch (error) {
      if (!isDuplicatesOnly(error)) throw error;
    }
  }

  async #readOwners(owners: readonly KeyOwner[]): Promise<Map<KeyOwner, DataKey>> {
    const documents = await this.#keys.find({ owner: { $in: [...owners] }, key: { $exists: true } }).toArray();
    return new Map(
      documents.flatMap((document) => {
        const key = this.#remember(document);
        return key ? [[document.owner, key]] : [];
      }),
    );
  }

  #remember({ _id: keyId, owner, key }: KeyDocument): DataKey | undefined {
    if (!key) return undefined;
    const dataKey = { keyId, key: Buffer.from(key.value()) };
    this.#byId.set(keyId, dataKey);
    this.#byOwner.set(owner, dataKey);
    return dataKey;
  }
}

const mustHave = (key: DataKey | undefined, owner: KeyOwner): DataKey => {
  if (!key) throw new Error(`the key store made no key for ${owner}`);
  return key;
};
