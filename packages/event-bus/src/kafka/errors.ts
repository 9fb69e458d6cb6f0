import type { Checkpoint, LogIdentity, Position } from '@tenure/event-store';

/** Another publisher has begun after this one: nothing that this one sends is taken any more. */
export class PublisherFencedError extends Error {
  readonly code = 'publisher-fenced';
  constructor(transactionalId: string, options?: ErrorOptions) {
    super(`another publisher "${transactionalId}" has begun: this one may not go on`, options);
    this.name = 'PublisherFencedError';
  }
}

/** A topic is not as it was declared. */
export class TopicMismatchError extends Error {
  readonly code = 'topic-mismatch';
  constructor(topic: string, declared: number, actual: number) {
    super(
      `topic ${topic} has ${actual} partitions and is declared with ${declared}: keys would change their partitions, so the count stays as it was when the topic was made`,
    );
    this.name = 'TopicMismatchError';
  }
}

/** A message that is none of the relay's. */
export class BadMessageError extends Error {
  readonly code = 'bad-message';
  constructor(problem: string, options?: ErrorOptions) {
    super(`a message on the topic is none of the relay's: ${problem}`, options);
    this.name = 'BadMessageError';
  }
}

/** What came from the topic, or was stored by the consumer, is of another log than the store's. */
export class OtherLogError extends Error {
  readonly code = 'other-log';
  constructor(what: string, found: LogIdentity, own: LogIdentity) {
    super(`${what} is of log ${found.logId}, epoch ${found.epoch}; the store has ${own.logId}, epoch ${own.epoch}`);
    this.name = 'OtherLogError';
  }
}

/** A consumer's checkpoint that the store does not recognise. */
export class UnknownCheckpointError extends Error {
  readonly code = 'unknown-checkpoint';
  constructor(consumer: string, { position, eventId, logId, epoch }: Checkpoint) {
    super(
      `the store does not know where "${consumer}" stands: event ${eventId} at ${position} of log ${logId}, epoch ${epoch}`,
    );
    this.name = 'UnknownCheckpointError';
  }
}

/** The topic goes on after a place that the store has not reached. */
export class LogBehindTopicError extends Error {
  readonly code = 'log-behind-topic';
  constructor(partition: number, wanted: Position, head: Position | null) {
    super(
      `partition ${partition} goes on after position ${wanted}, and the store has events only up to ${head ?? 'none'}`,
    );
    this.name = 'LogBehindTopicError';
  }
}
