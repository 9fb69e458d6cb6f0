export { openSqliteReadStore, type SqliteReadStoreOptions } from './store.ts';
