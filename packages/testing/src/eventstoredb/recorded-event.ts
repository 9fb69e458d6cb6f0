import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { type IndexedEvent, TOMBSTONE_REVISION } from './event-index.ts';

/** An event as a client proposes it. */
export interface ProposedEvent {
  /** A UUID in lower case. */
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface EventPlace {
  readonly stream: string;
  readonly revision: bigint;
  /** Both the commit and the prepare position: they differ only for transactions of the old TCP protocol. */
  readonly position: number;
  /** ms since 1970 */
  readonly created: number;
}

const TICKS_PER_MS = 10_000n;

/** The answer to a read that holds the event. Stored as it is, so that a read is a copy from the file. */
export function encodeRecordedEvent(event: ProposedEvent, place: EventPlace): Uint8Array {
  const position = String(place.position);
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(uuid(event.id));
  recorded.setStreamIdentifier(streamIdentifier(place.stream));
  recorded.setStreamRevision(String(place.revision));
  recorded.setCommitPosition(position);
  recorded.setPreparePosition(position);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.contentType)
    .set('created', String(BigInt(place.created) * TICKS_PER_MS));
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.metadata);
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(recorded);
  read.setCommitPosition(position);
  const response = new streams.ReadResp();
  response.setEvent(read);
  return response.serializeBinary();
}

export interface DecodedEvent extends IndexedEvent {
  readonly data: Uint8Array;
}

/** @throws {Error} for what `encodeRecordedEvent` did not write */
export function decodeRecordedEvent(payload: Uint8Array): DecodedEvent {
  const recorded = streams.ReadResp.deserializeBinary(payload).getEvent()?.getEvent();
  if (!recorded) throw new Error('a record of the log holds no event');
  return {
    offset: Number(recorded.getCommitPosition()),
    id: uuidText(recorded.getId()),
    stream: streamName(recorded.getStreamIdentifier()),
    type: recorded.getMetadataMap().get('type') ?? '',
    tombstone: recorded.getStreamRevision() === String(TOMBSTONE_REVISION),
    data: recorded.getData_asU8(),
  };
}

export function uuid(text: string): shared.UUID {
  const message = new shared.UUID();
  message.setString(text);
  return message;
}

/** @throws {RangeError} when there is no UUID */
export function uuidText(message: shared.UUID | undefined): string {
  const structured = message?.getStructured();
  const hex = structured
    ? hex64(structured.getMostSignificantBits()) + hex64(structured.getLeastSignificantBits())
    : (message?.getString() ?? '').replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new RangeError(`"${hex}" is no UUID`);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function hex64(signed: string): string {
  return BigInt.asUintN(64, BigInt(signed)).toString(16).padStart(16, '0');
}

export function streamIdentifier(name: string): shared.StreamIdentifier {
  const message = new shared.StreamIdentifier();
  message.setStreamName(Buffer.from(name, 'utf8'));
  return message;
}

export function streamName(identifier: shared.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}
