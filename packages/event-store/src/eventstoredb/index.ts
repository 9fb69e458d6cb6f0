export type { CustomerIndex, CustomerIndexFault, IndexRange, IndexState } from './customer-index.ts';
export {
  type CustomerIndexCheck,
  type CustomerIndexCheckOptions,
  checkCustomerIndex,
  rebuildCustomerIndex,
} from './customer-index-check.ts';
export {
  type EventStoreDB,
  type EventStoreDBOptions,
  openEventStoreDB,
  raiseEventStoreDBEpoch,
} from './event-store-db.ts';
export type { EventStoreDBMigrationOptions } from './import-access.ts';
export { openEventStoreDBMigrationTarget } from './import-target.ts';
export { openEventStoreDBMigrationSource } from './migration-source.ts';
export { type MongoCustomerIndexOptions, openMongoCustomerIndex } from './mongo-customer-index.ts';
