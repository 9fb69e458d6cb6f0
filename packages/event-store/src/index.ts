export {
  EventTooLargeError,
  InvalidPositionError,
  StoreLockedError,
  StoreUnavailableError,
} from './errors.ts';
export { eventId } from './event-id.ts';
export { type MigrationOptions, type MigrationPhase, type MigrationReport, migrateLog } from './migrate-log.ts';
export type { MigrationSource, MigrationTarget } from './migration.ts';
export type {
  AppendOutcome,
  AppendUnit,
  Checkpoint,
  EventMetadata,
  EventStore,
  ExpectedRevision,
  KeyOwner,
  LogIdentity,
  NewEvent,
  Position,
  ReadAllOptions,
  ReadCustomerOptions,
  ReadRelatedOptions,
  ReadStreamOptions,
  SealedEvent,
  StoredEvent,
  StreamAppend,
} from './port.ts';
export { traceIdOf } from './relation.ts';
export { openSealed, type SealContext } from './sealing.ts';
export { shareOfLog } from './share-of-log.ts';
