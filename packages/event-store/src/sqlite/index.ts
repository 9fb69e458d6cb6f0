export { type BackupOptions, type BackupReport, backupLog } from './backup.ts';
export { openSqliteMigrationTarget } from './import-target.ts';
export { type LogWriter, type SqliteEventStoreConnection, startLogWriter } from './log-writer.ts';
export { openSqliteMigrationSource } from './migration-source.ts';
export { type RestoreOptions, type RestoreReport, restoreLog } from './restore.ts';
export {
  connectSqliteEventStore,
  openSqliteEventStore,
  type SqliteClientOptions,
  type SqliteEventStore,
} from './sqlite-event-store.ts';
