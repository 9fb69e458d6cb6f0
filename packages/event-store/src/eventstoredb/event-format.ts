import { type EventData, jsonEvent, type MetadataType, type RecordedEvent } from '@eventstore/db-client';
import { LogFormatError } from '../errors.ts';
import type { EventMetadata, NewEvent, SealedEvent } from '../port.ts';
import { formatPosition } from './position.ts';

/** An event on its way to the log: its personal data is sealed already. */
export interface EventRequest {
  readonly event: NewEvent;
  readonly sealed: Uint8Array | undefined;
}

/** Names of streams that hold events; EventStoreDB's own begin with `$`, that of the log's identity has no hash. */
export const STREAM_PATTERN = '^[a-z][a-z-]{0,62}-[0-9a-f]{32}$';

const STREAM = new RegExp(STREAM_PATTERN);

export const isEventStream = (name: string): boolean => STREAM.test(name);

/** As EventStoreDB writes ids. */
const toUuid = (id: string): string => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** As we write them. */
const fromUuid = (uuid: string): string => uuid.replaceAll('-', '').toLowerCase();

/** `$correlationId` and `$causationId` are what EventStoreDB's own projections look for. */
interface StoredMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly actor: string;
  readonly service: string;
  readonly commandId: string;
  readonly traceparent?: string;
  readonly session?: string;
  readonly version: number;
  readonly customerId: string | null;
  readonly occurredAt: number;
  readonly recordedAt: number;
  /** The envelope, base64. */
  readonly sealed?: string;
}

export const toEventData = ({ event, sealed }: EventRequest, recordedAt: number): EventData => {
  const { correlationId, causationId, actor, service, commandId, traceparent, session } = event.metadata;
  const metadata: StoredMetadata = {
    $correlationId: correlationId,
    $causationId: causationId,
    actor,
    service,
    commandId,
    ...(traceparent === undefined ? undefined : { traceparent }),
    ...(session === undefined ? undefined : { session }),
    version: event.version,
    customerId: event.customerId,
    occurredAt: event.occurredAt,
    recordedAt,
    ...(sealed === undefined ? undefined : { sealed: Buffer.from(sealed).toString('base64') }),
  };
  return jsonEvent({
    id: toUuid(event.id),
    type: event.type,
    data: { ...event.data },
    metadata: { ...metadata },
  });
};

/** @throws {LogFormatError} for what this program has not written */
export const fromRecordedEvent = (recorded: RecordedEvent): SealedEvent => {
  const { position, metadata } = recorded;
  const refuse = (what: string): LogFormatError =>
    new LogFormatError(`event ${recorded.id} of stream ${recorded.streamId} has ${what}: it is none of this log's`);
  if (!position) throw refuse('no position');
  if (!recorded.isJson || typeof recorded.data !== 'object') throw refuse('no JSON data');
  if (!isStoredMetadata(metadata)) throw refuse('metadata of another kind');
  return {
    id: fromUuid(recorded.id),
    type: recorded.type,
    version: metadata.version,
    customerId: metadata.customerId,
    occurredAt: metadata.occurredAt,
    data: recorded.data,
    metadata: toEventMetadata(metadata),
    position: formatPosition(position),
    stream: recorded.streamId,
    revision: Number(recorded.revision),
    recordedAt: metadata.recordedAt,
    ...(metadata.sealed === undefined ? undefined : { sealed: Buffer.from(metadata.sealed, 'base64') }),
  };
};

const toEventMetadata = (metadata: StoredMetadata): EventMetadata => {
  const { $correlationId, $causationId, actor, service, commandId, traceparent, session } = metadata;
  return {
    actor,
    service,
    commandId,
    causationId: $causationId,
    correlationId: $correlationId,
    ...(traceparent === undefined ? undefined : { traceparent }),
    ...(session === undefined ? undefined : { session }),
  };
};

const isStoredMetadata = (metadata: MetadataType | undefined): metadata is MetadataType & StoredMetadata => {
  if (typeof metadata !== 'object' || metadata instanceof Uint8Array || Array.isArray(metadata)) return false;
  const { actor, service, commandId, $correlationId, $causationId, customerId } = metadata;
  const { version, occurredAt, recordedAt, sealed } = metadata;
  return (
    [actor, service, commandId, $correlationId, $causationId].every((text) => typeof text === 'string') &&
    [version, occurredAt, recordedAt].every((number) => typeof number === 'number') &&
    (customerId === null || typeof customerId === 'string') &&
    (sealed === undefined || typeof sealed === 'string')
  );
};
