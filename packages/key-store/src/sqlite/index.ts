export { openSqliteKeyStore, type SqliteKeyStoreOptions } from './sqlite-key-store.ts';
export { openSqliteKeyTransfer, type SqliteKeyTransferOptions } from './sqlite-key-transfer.ts';
