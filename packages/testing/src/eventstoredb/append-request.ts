import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { Expected } from './append-decision.ts';
import { type ProposedEvent, uuidText } from './recorded-event.ts';
import { maximumAppendSizeExceeded, missingMetadata } from './status-errors.ts';

type ProposedMessage = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

/** The events of one append as they come in, within the size that the server takes. */
export class IncomingEvents {
  readonly events: ProposedEvent[] = [];
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Counted as the server does: data, metadata, and the type in UTF-16. */
  get tooLarge(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** @throws {StatusError} without a type or a content type */
  add(message: ProposedMessage): void {
    const event = proposedEvent(message);
    this.#bytes += event.data.length + event.metadata.length + event.type.length * 2;
    if (!this.tooLarge) this.events.push(event);
  }

  /** @throws {StatusError} when there is too much */
  check(): void {
    if (this.tooLarge) throw maximumAppendSizeExceeded(this.#maxBytes);
  }
}

/** The expected revision that one of the options' fields says, whatever the message. */
export function expectedRevision(options: {
  hasAny(): boolean;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
  revision(): string;
}): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  return options.hasStreamExists() ? 'stream_exists' : BigInt(options.revision());
}

function proposedEvent(message: ProposedMessage): ProposedEvent {
  const metadata = message.getMetadataMap();
  const type = metadata.get('type');
  const contentType = metadata.get('content-type');
  if (!type) throw missingMetadata('type');
  if (!contentType) throw missingMetadata('content-type');
  return {
    id: uuidText(message.getId()),
    type,
    contentType,
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}
