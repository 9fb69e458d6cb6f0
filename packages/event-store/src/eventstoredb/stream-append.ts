import { isCommandError, WrongExpectedVersionError } from '@eventstore/db-client';
import { StoreUnavailableError } from '../errors.ts';
import type { ExpectedRevision, Position, SealedEvent } from '../port.ts';
import type { Calls } from './connection.ts';
import { type EventRequest, toEventData } from './event-format.ts';
import { NoAnswerError } from './failures.ts';
import type { LogReads } from './log-reads.ts';

/** An append to one stream, its personal data sealed. */
export interface StreamRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EventRequest[];
}

/** Where the last event of an append is, and when it was recorded. */
export interface Place {
  readonly position: Position;
  readonly recordedAt: number;
}

export type StreamOutcome =
  /** It is in the log, now or since before; where, the acknowledgement does not say for sure. */
  | { readonly status: 'written' }
  | { readonly status: 'placed'; readonly place: Place }
  | { readonly status: 'skipped' }
  | { readonly status: 'conflict'; readonly actual: number };

export const placeOf = ({ position, recordedAt }: SealedEvent): Place => ({ position, recordedAt });

/** The revision that an append starts from; -1 for no stream. */
const revisionBefore = (expected: ExpectedRevision): number => (typeof expected === 'number' ? expected : -1);

/** The revision of the last event of an append, once it is in its place. */
export const lastRevisionOf = ({ expected, events }: StreamRequest): number => revisionBefore(expected) + events.length;

/**
 * Appends to one stream, and finds out what became of it where no answer came: what stands in its place then decides,
 * and if nothing does, the same events are sent again.
 * @throws {StoreUnavailableError} when it could not be found out
 */
export const appendToStream = async (
  { calls, reads }: { readonly calls: Calls; readonly reads: LogReads },
  request: StreamRequest,
  recordedAt: number,
): Promise<StreamOutcome> => {
  const events = request.events.map((event) => toEventData(event, recordedAt));
  let unknown = false;
  return calls.patiently(async () => {
    if (unknown) {
      const found = await findPlace(reads, request);
      if (found !== 'nothing') return found;
    }
    try {
      await calls.append(request.stream, revisionBefore(request.expected), events);
      return { status: 'written' };
    } catch (error) {
      if (error instanceof NoAnswerError) unknown = true;
      if (!(error instanceof WrongExpectedVersionError)) throw refusal(request.stream, error);
      // Since something was sent before, it may be what stands in the way.
      if (unknown)
        return findPlace(reads, request).then((found) => (found === 'nothing' ? conflict(request, error) : found));
      return conflict(request, error);
    }
  });
};

/** What stands where the events of an append belong: they themselves, others, or nothing yet. */
export const findPlace = async (reads: LogReads, request: StreamRequest): Promise<StreamOutcome | 'nothing'> => {
  const { stream, expected, events } = request;
  const found = await reads.readStream(stream, { from: revisionBefore(expected) + 1, limit: events.length });
  const last = found.at(-1);
  if (!last) return 'nothing';
  if (found.length === events.length && found.every(({ id }, n) => id === events[n]?.event.id))
    return { status: 'placed', place: placeOf(last) };
  if (expected === 'absent-or-skip') return { status: 'skipped' };
  return { status: 'conflict', actual: await lastRevision(reads, stream) };
};

const lastRevision = async (reads: LogReads, stream: string): Promise<number> => {
  const [last] = await reads.readStream(stream, { direction: 'backwards', limit: 1 });
  return last?.revision ?? -1;
};

const conflict = ({ expected }: StreamRequest, { actualVersion }: WrongExpectedVersionError): StreamOutcome => {
  if (expected === 'absent-or-skip') return { status: 'skipped' };
  return { status: 'conflict', actual: typeof actualVersion === 'bigint' ? Number(actualVersion) : -1 };
};

/** What the server says no to, such as an append to a stream that somebody deleted. */
const refusal = (stream: string, error: unknown): unknown =>
  error instanceof Error && isCommandError(error)
    ? new StoreUnavailableError(`EventStoreDB refuses an append to ${stream}: ${error.type}`, { cause: error })
    : error;
