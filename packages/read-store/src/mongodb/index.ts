export { type MongoReadStoreOptions, openMongoReadStore } from './store.ts';
