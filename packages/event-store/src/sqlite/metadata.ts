import type { EventMetadata } from '../port.ts';
import type { TermReader, TermWriter } from './terms.ts';

/**
 * Metadata as it is stored: a JSON array `[actor, service, commandId, causationId, correlationId, traceparent,
 * session]`, actor, service and session as ids of terms, the end left off where it is empty, and 0 for an id that
 * repeats the one before it.
 */
export const packMetadata = (metadata: EventMetadata, terms: TermWriter): string => {
  const { actor, service, commandId, causationId, correlationId, traceparent, session } = metadata;
  const packed: (string | number)[] = [
    terms.intern(actor),
    terms.intern(service),
    commandId,
    causationId === commandId ? 0 : causationId,
    correlationId === causationId ? 0 : correlationId,
  ];
  if (traceparent !== undefined || session !== undefined) packed.push(traceparent ?? 0);
  if (session !== undefined) packed.push(terms.intern(session));
  return JSON.stringify(packed);
};

export const unpackMetadata = (json: string, terms: TermReader): EventMetadata => {
  const packed = JSON.parse(json) as PackedMetadata;
  const commandId = packed[2];
  const causationId = packed[3] === 0 ? commandId : packed[3];
  const metadata: EventMetadata = {
    actor: terms.text(packed[0]),
    service: terms.text(packed[1]),
    commandId,
    causationId,
    correlationId: packed[4] === 0 ? causationId : packed[4],
  };
  if (packed.length === 5) return metadata;
  const [, , , , , traceparent = 0, session = 0] = packed;
  return {
    ...metadata,
    ...(traceparent === 0 ? undefined : { traceparent }),
    ...(session === 0 ? undefined : { session: terms.text(session) }),
  };
};

type PackedMetadata = [
  actor: number,
  service: number,
  commandId: string,
  causationId: string | 0,
  correlationId: string | 0,
  traceparent?: string | 0,
  session?: number,
];
