export {
  EventTooLargeError,
  InvalidPositionError,
  StoreLockedError,
  StoreUnavailableError,
} from './errors.ts';
export { eventId } from './event-id.ts';
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
  ReadStreamOptions,
  SealedEvent,
  StoredEvent,
  StreamAppend,
} from './port.ts';
export { openSealed, type SealContext } from './sealing.ts';
