import type { Checkpoint, EventMetadata, LogIdentity, Position, SealedEvent } from '@tenure/event-store';
import type { IHeaders, Message } from 'kafkajs';
import { BadMessageError } from './errors.ts';
import { keyOf } from './partition-of.ts';

/** The type of a message that holds no event: it says that the partition has all up to a position. */
export const WATERMARK = 'tenure.watermark';

/** A message to one partition. */
export type OutgoingMessage = Message & { readonly partition: number };

/** What a partition's message says. */
export interface BusMessage {
  /** Where a consumer stands that has handled it. */
  readonly checkpoint: Checkpoint;
  /** The partition has nothing between this place and the message; null: nothing before it. */
  readonly after: Position | null;
  /** Absent in a watermark. */
  readonly event?: SealedEvent;
}

interface Place {
  readonly log: LogIdentity;
  readonly partition: number;
  readonly after: Position | null;
}

/**
 * An event as a CloudEvent 1.0 in Kafka's binary mode: attributes are headers, `data` is the value. Our extension
 * attributes: after, customer, metadata (JSON), occurredat and recordedat (ms), position, revision, stream, version.
 * Personal data travels in a header of its own, as sealed as it left the store.
 */
export function encodeEvent(event: SealedEvent, { log, partition, after }: Place): OutgoingMessage {
  const key = keyOf(event);
  const headers: IHeaders = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: sourceOf(log),
    ce_type: event.type,
    ce_subject: key,
    ce_position: event.position,
    ce_stream: event.stream,
    ce_revision: String(event.revision),
    ce_version: String(event.version),
    ce_occurredat: String(event.occurredAt),
    ce_recordedat: String(event.recordedAt),
    ce_metadata: JSON.stringify(event.metadata),
  };
  const time = new Date(event.occurredAt);
  // A whole number of ms may lie outside the calendar.
  if (!Number.isNaN(time.getTime())) headers.ce_time = time.toISOString();
  if (event.customerId !== null) headers.ce_customer = event.customerId;
  if (after !== null) headers.ce_after = after;
  if (event.sealed !== undefined) headers.sealed = Buffer.from(event.sealed);
  return { partition, key, value: JSON.stringify(event.data), headers };
}

/** A message that says how far a partition has everything. */
export function encodeWatermark(checkpoint: Checkpoint, { partition, after }: Omit<Place, 'log'>): OutgoingMessage {
  const { position, eventId } = checkpoint;
  const headers: IHeaders = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: `watermark-${partition}-${position}`,
    ce_source: sourceOf(checkpoint),
    ce_type: WATERMARK,
    ce_position: position,
    ce_event: eventId ?? '',
  };
  if (after !== null) headers.ce_after = after;
  return { partition, key: null, value: '{}', headers };
}

/** @throws {BadMessageError} */
export function decodeMessage({ headers = {}, value }: { headers?: IHeaders; value: Buffer | null }): BusMessage {
  const log = logOf(text(headers, 'ce_source'));
  const position = text(headers, 'ce_position');
  const after = optional(headers, 'ce_after') ?? null;
  const type = text(headers, 'ce_type');
  const id = text(headers, 'ce_id');
  if (type === WATERMARK) return { checkpoint: { ...log, position, eventId: text(headers, 'ce_event') }, after };
  const { sealed } = headers;
  const event: SealedEvent = {
    id,
    type,
    version: number(headers, 'ce_version'),
    customerId: optional(headers, 'ce_customer') ?? null,
    occurredAt: number(headers, 'ce_occurredat'),
    data: json(value?.toString('utf8') ?? 'null', 'its value') as object,
    metadata: json(text(headers, 'ce_metadata'), 'ce_metadata') as EventMetadata,
    position,
    stream: text(headers, 'ce_stream'),
    revision: number(headers, 'ce_revision'),
    recordedAt: number(headers, 'ce_recordedat'),
    ...(Buffer.isBuffer(sealed) ? { sealed: new Uint8Array(sealed.buffer, sealed.byteOffset, sealed.length) } : {}),
  };
  return { checkpoint: { ...log, position, eventId: id }, after, event };
}

/** What the relay's topic holds: where the relay stands, and up to where each partition has been told. */
export interface RelayRecord {
  readonly checkpoint: Checkpoint;
  readonly told: readonly (Position | null)[];
}

export function encodeRelayRecord({ checkpoint, told }: RelayRecord): OutgoingMessage {
  return { partition: 0, key: 'checkpoint', value: JSON.stringify({ ...checkpoint, told }) };
}

/** @throws {BadMessageError} */
export function decodeRelayRecord(value: Buffer): RelayRecord {
  const { told, ...checkpoint } = json(value.toString('utf8'), 'its value') as Checkpoint & Pick<RelayRecord, 'told'>;
  if (typeof checkpoint.position !== 'string' || !Array.isArray(told)) throw new BadMessageError('it is no checkpoint');
  return { checkpoint, told };
}

const SOURCE = /^\/tenure\/logs\/([^/]+)\/([0-9]+)$/;

function sourceOf({ logId, epoch }: LogIdentity): string {
  return `/tenure/logs/${logId}/${epoch}`;
}

function logOf(source: string): LogIdentity {
  const [, logId, epoch] = SOURCE.exec(source) ?? [];
  if (logId === undefined) throw new BadMessageError(`its source is "${source}"`);
  return { logId, epoch: Number(epoch) };
}

function text(headers: IHeaders, name: string): string {
  const value = optional(headers, name);
  if (value === undefined) throw new BadMessageError(`it has no ${name}`);
  return value;
}

function optional(headers: IHeaders, name: string): string | undefined {
  const value = headers[name];
  return value === undefined || Array.isArray(value) ? undefined : value.toString();
}

function number(headers: IHeaders, name: string): number {
  const value = Number(text(headers, name));
  if (!Number.isSafeInteger(value)) throw new BadMessageError(`its ${name} is no whole number`);
  return value;
}

function json(value: string, what: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new BadMessageError(`${what} is no JSON`, { cause });
  }
}
