import type { Checkpoint, LogIdentity } from '@tenure/event-store';

/** What is on the bus is not from this log, or from an earlier life of it. */
export class UnrecognisedCheckpointError extends Error {
  readonly code = 'relay-checkpoint-unrecognised';
  constructor({ logId, epoch, position, eventId }: Checkpoint, own: LogIdentity) {
    super(
      `the bus holds log ${logId}, epoch ${epoch}, up to event ${eventId} at ${position}, which log ${own.logId}, epoch ${own.epoch}, does not have: give a restored or another log topics of its own`,
    );
    this.name = 'UnrecognisedCheckpointError';
  }
}
