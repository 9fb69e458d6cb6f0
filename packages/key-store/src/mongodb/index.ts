export { KeyStoreUnavailableError } from './errors.ts';
export { type MongoKeyStoreOptions, openMongoKeyStore } from './mongo-key-store.ts';
