import { type Binary, type Collection, MongoBulkWriteError, MongoClient } from 'mongodb';
import type { KeyOwner } from '../port.ts';
import { KeyStoreUnavailableError } from './errors.ts';

/**
 * A destroyed key's document stays, without the key, so that a destroyed key and a lost one are not the same.
 * The key's bytes may outlive it where the server keeps its past: in the oplog until it has moved on, and in backups.
 */
export interface KeyDocument {
  readonly _id: string;
  readonly owner: KeyOwner;
  readonly key?: Binary;
}

export interface KeysCollectionOptions {
  /** For the driver. */
  readonly url: string;
  readonly database: string;
  /** How long a server is looked for; an answer may take twice as long, as a busy server is better than none. */
  readonly timeoutMs?: number;
}

export const DEFAULT_TIMEOUT_MS = 5_000;
const DUPLICATE = 11_000;

/** Connects to the collection `keys`, and makes its index. @throws {KeyStoreUnavailableError} */
export const openKeysCollection = async ({
  url,
  database,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: KeysCollectionOptions): Promise<{ readonly client: MongoClient; readonly keys: Collection<KeyDocument> }> => {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: 2 * timeoutMs,
    // Only what a majority has is durable: a key that seals something must not vanish with a primary.
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    writeConcern: { w: 'majority', journal: true },
  });
  const keys = client.db(database).collection<KeyDocument>('keys');
  try {
    await keys.createIndex({ owner: 1 }, { unique: true, partialFilterExpression: { key: { $exists: true } } });
  } catch (cause) {
    await client.close();
    throw new KeyStoreUnavailableError('the key store cannot be reached', { cause });
  }
  return { client, keys };
};

export const reaching = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (cause) {
    throw new KeyStoreUnavailableError('the key store cannot be reached', { cause });
  }
};

export const isDuplicatesOnly = (error: unknown): boolean => {
  if (!(error instanceof MongoBulkWriteError)) return false;
  const { writeErrors } = error;
  return (Array.isArray(writeErrors) ? writeErrors : [writeErrors]).every(({ code }) => code === DUPLICATE);
};
