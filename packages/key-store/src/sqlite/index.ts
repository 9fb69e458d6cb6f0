export { openSqliteKeyStore, type SqliteKeyStoreOptions } from './sqlite-key-store.ts';
