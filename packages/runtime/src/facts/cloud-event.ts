import { isUtf8 } from 'node:buffer';
import { isFactType } from '@tenure/contracts';
import type { InboxMessage } from '@tenure/event-bus/kafka';
import { Problem } from '../http/problem.ts';
import { factObject, invalidFact, maxFactBytes, parseFactJson } from './read-fact.ts';

/** What a message says before it is known to be a fact. */
export interface PublishedFact {
  /** The type that it has by itself, else that of the CloudEvent. */
  readonly type: unknown;
  readonly body: object;
  readonly attributes: EventAttributes;
}

/** What ties the fact to what its publisher did. */
export interface EventAttributes {
  readonly id: string | undefined;
  readonly traceparent: string | undefined;
}

const structured = 'application/cloudevents+json';

/**
 * Reads a message: a line as batches have them, or a CloudEvent 1.0 in Kafka's binary mode (`ce_` headers, its data the
 * value) or structured mode (JSON by its content type).
 * @throws {Problem} `too-large`, `not-json`, `unsupported-media-type`, `invalid`
 */
export function readPublishedFact(message: InboxMessage): PublishedFact {
  const value = parsedValue(message);
  const contentType = message.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (contentType === structured) return fromEnvelope(factObject(value), message);
  if (contentType.startsWith('application/cloudevents'))
    throw new Problem('unsupported-media-type', `Of CloudEvents only ${structured} is read, one a message`);
  const version = message.header('ce_specversion');
  const ofEvent = message.header('ce_type');
  const attributes = {
    id: message.header('ce_id'),
    traceparent: message.header('traceparent') ?? message.header('ce_traceparent'),
  };
  if (version === undefined && ofEvent === undefined) return { ...typed(value, undefined, ''), attributes };
  checkVersion(version, '/ce_specversion');
  return { ...typed(value, ofEvent, ''), attributes };
}

function fromEnvelope(envelope: object, message: InboxMessage): PublishedFact {
  const { specversion, type, id, traceparent, data } = envelope as Readonly<Record<string, unknown>>;
  checkVersion(specversion, '/specversion');
  return {
    ...typed(data, type, '/data'),
    attributes: { id: text(id), traceparent: message.header('traceparent') ?? text(traceparent) },
  };
}

/** Data may say their type themselves, whatever the publisher calls its events; two types of facts contradict. */
function typed(data: unknown, ofEvent: unknown, pointer: string): Pick<PublishedFact, 'type' | 'body'> {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw invalidFact(pointer, 'must be an object, the body of a fact');
  const { type = ofEvent, ...body } = data as { readonly type?: unknown };
  if (isFactType(ofEvent) && isFactType(type) && type !== ofEvent)
    throw invalidFact(`${pointer}/type`, 'is another than the type of the CloudEvent');
  return { type, body };
}

function checkVersion(version: unknown, pointer: string): void {
  if (version !== '1.0') throw invalidFact(pointer, 'must be 1.0');
}

function parsedValue({ value }: InboxMessage): unknown {
  if (value === null) throw new Problem('not-json', 'The message has no value');
  if (value.length > maxFactBytes) throw new Problem('too-large', `A fact has at most ${maxFactBytes} bytes`);
  if (!isUtf8(value)) throw new Problem('not-json', 'The fact is not UTF-8');
  return parseFactJson(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
