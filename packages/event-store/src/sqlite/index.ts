export { type LogWriter, type SqliteEventStoreConnection, startLogWriter } from './log-writer.ts';
export {
  connectSqliteEventStore,
  openSqliteEventStore,
  type SqliteClientOptions,
  type SqliteEventStore,
} from './sqlite-event-store.ts';
