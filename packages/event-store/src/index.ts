export {
  BackupTargetError,
  EventTooLargeError,
  InvalidAppendError,
  InvalidPositionError,
  LogFormatError,
  LogMismatchError,
  SealBrokenError,
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
  StoredEvent,
  StreamAppend,
} from './port.ts';
export { type SealContext, seal, sealedWith, unseal } from './sealing.ts';
export { MAX_EVENT_BYTES, validateUnits } from './validation.ts';
