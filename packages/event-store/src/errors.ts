/** The store did not take the append, or nobody knows whether it did. A retry with the same event ids is safe. */
export class StoreUnavailableError extends Error {
  readonly code = 'store-unavailable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailableError';
  }
}

/** An event larger than every engine takes. Nothing of the call was written. */
export class EventTooLargeError extends Error {
  readonly code = 'event-too-large';
  readonly eventId: string;
  readonly bytes: number;
  readonly limitBytes: number;
  constructor(eventId: string, bytes: number, limitBytes: number) {
    super(`event ${eventId} has ${bytes} bytes, at most ${limitBytes} are taken`);
    this.name = 'EventTooLargeError';
    this.eventId = eventId;
    this.bytes = bytes;
    this.limitBytes = limitBytes;
  }
}

/** An append that no store could take as it is: a malformed id or stream name, no events, data that is no JSON. */
export class InvalidAppendError extends Error {
  readonly code = 'append-invalid';
  constructor(message: string) {
    super(message);
    this.name = 'InvalidAppendError';
  }
}

/** A position that is none of this store's. */
export class InvalidPositionError extends Error {
  readonly code = 'position-invalid';
  constructor(position: string) {
    super(`"${position}" is not a position of this store`);
    this.name = 'InvalidPositionError';
  }
}

/** Another writer has the log, in this process or another one. */
export class StoreLockedError extends Error {
  readonly code = 'store-locked';
  readonly directory: string;
  constructor(directory: string, options?: ErrorOptions) {
    super(
      `the event store in ${directory} is being written by another process: stop that one first, or use another directory`,
      options,
    );
    this.name = 'StoreLockedError';
    this.directory = directory;
  }
}

/** Sealed data that its key does not open: it was altered, or moved to another event. */
export class SealBrokenError extends Error {
  readonly code = 'seal-broken';
  readonly eventId: string;
  constructor(eventId: string, options?: ErrorOptions) {
    super(`the personal data of event ${eventId} does not open with its key: it was altered`, options);
    this.name = 'SealBrokenError';
    this.eventId = eventId;
  }
}

/** The files of a log are not what this program reads: no log, a later version of it, or an incomplete copy. */
export class LogFormatError extends Error {
  readonly code = 'log-format';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogFormatError';
  }
}

/** A backup does not write over what is there. */
export class BackupTargetError extends Error {
  readonly code = 'backup-target-exists';
  constructor(target: string) {
    super(`${target} exists already: give the backup a new directory`);
    this.name = 'BackupTargetError';
  }
}

/** The target of a migration holds what is no part of the source's log. */
export class ForeignTargetError extends Error {
  readonly code = 'migration-target-foreign';
  /** @param what it holds */
  constructor(what: string) {
    super(`the target holds what is not the source's log: ${what}. Give the migration an empty target`);
    this.name = 'ForeignTargetError';
  }
}

/** Source and target are not the same at the end of a migration, so the target was not made ready for use. */
export class MigrationIncompleteError extends Error {
  readonly code = 'migration-incomplete';
  constructor(events: number, targetIsLonger: boolean) {
    super(
      targetIsLonger
        ? `something else writes to the target: it has more than the ${events} events of the source`
        : `the target is the same as the source for ${events} events, and not from there on: if services wrote to the source meanwhile, stop them and run the migration again`,
    );
    this.name = 'MigrationIncompleteError';
  }
}

/** Services run on a log that is to be moved, or to be filled. */
export class LogInUseError extends Error {
  readonly code = 'log-in-use';
  constructor(log: string) {
    super(`services are running on ${log}: stop all of them first`);
    this.name = 'LogInUseError';
  }
}
