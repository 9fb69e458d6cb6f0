export { KeyStoreUnavailableError } from './errors.ts';
export type { KeysCollectionOptions } from './keys-collection.ts';
export { type MongoKeyStoreOptions, openMongoKeyStore } from './mongo-key-store.ts';
export { openMongoKeyTransfer } from './mongo-key-transfer.ts';
