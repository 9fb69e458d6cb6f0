import { Binary, type Collection, type MongoClient } from 'mongodb';
import { KeyConflictError } from '../errors.ts';
import type { KeyRecord, KeyTransfer } from '../transfer.ts';
import {
  isDuplicatesOnly,
  type KeyDocument,
  type KeysCollectionOptions,
  openKeysCollection,
  reaching,
} from './keys-collection.ts';

/**
 * Opens the keys in a MongoDB database to move them.
 * @throws {KeyStoreUnavailableError} when the server cannot be reached
 */
export const openMongoKeyTransfer = async (options: KeysCollectionOptions): Promise<KeyTransfer> => {
  const { client, keys } = await openKeysCollection(options);
  return new MongoKeyTransfer(client, keys);
};

class MongoKeyTransfer implements KeyTransfer {
  readonly #client: MongoClient;
  readonly #keys: Collection<KeyDocument>;

  constructor(client: MongoClient, keys: Collection<KeyDocument>) {
    this.#client = client;
    this.#keys = keys;
  }

  async list({ after = '', limit }: { after?: string; limit: number }): Promise<readonly KeyRecord[]> {
    const documents = await reaching(() =>
      this.#keys
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map(toRecord);
  }

  async add(records: readonly KeyRecord[]): Promise<void> {
    const present = await this.#find(records);
    for (const record of records) assertSame(record, present.get(record.keyId));
    const gone = records.filter(({ keyId, key }) => !key && present.get(keyId)?.key);
    if (gone.length > 0) {
      const ids = gone.map(({ keyId }) => keyId);
      await reaching(() => this.#keys.updateMany({ _id: { $in: ids } }, { $unset: { key: '' } }));
    }
    const absent = records.filter(({ keyId }) => !present.has(keyId));
    if (absent.length > 0) await this.#insert(absent);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #insert(records: readonly KeyRecord[]): Promise<void> {
    const refused = await reaching(async () => {
      try {
        await this.#keys.insertMany(records.map(toDocument), { ordered: false });
        return false;
      } catch (error) {
        if (!isDuplicatesOnly(error)) throw error;
        return true;
      }
    });
    if (!refused) return;
    // By its id, it was inserted by a try whose answer was lost; by its owner, it does not belong here.
    const present = await this.#find(records);
    for (const record of records) {
      const found = present.get(record.keyId);
      if (!found) throw new KeyConflictError(record.keyId);
      assertSame(record, found);
    }
  }

  async #find(records: readonly KeyRecord[]): Promise<ReadonlyMap<string, KeyRecord>> {
    if (records.length === 0) return new Map();
    const ids = records.map(({ keyId }) => keyId);
    const documents = await reaching(() => this.#keys.find({ _id: { $in: ids } }).toArray());
    return new Map(documents.map((document) => [document._id, toRecord(document)]));
  }
}

const assertSame = ({ keyId, owner, key }: KeyRecord, present: KeyRecord | undefined): void => {
  if (!present) return;
  if (present.owner !== owner || (key && present.key && !key.equals(present.key))) throw new KeyConflictError(keyId);
};

const toRecord = ({ _id: keyId, owner, key }: KeyDocument): KeyRecord => ({
  keyId,
  owner,
  ...(key === undefined ? {} : { key: Buffer.from(key.value()) }),
});

const toDocument = ({ keyId, owner, key }: KeyRecord): KeyDocument => ({
  _id: keyId,
  owner,
  ...(key === undefined ? {} : { key: new Binary(key) }),
});
