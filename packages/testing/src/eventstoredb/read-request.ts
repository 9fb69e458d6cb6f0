import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { type EventFilter, eventFilter, everything } from './event-filter.ts';
import { grpcStatus, StatusError } from './grpc.ts';
import { streamName } from './recorded-event.ts';

/** A place in the log of all events. An event of one append has its offset as both. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

interface CommonRequest {
  readonly backwards: boolean;
  /** Absent for a subscription. */
  readonly limit?: number;
  readonly filter: EventFilter;
}

export interface StreamRequest extends CommonRequest {
  readonly stream: string;
  readonly from: 'start' | 'end' | bigint;
}

export interface AllRequest extends CommonRequest {
  readonly stream?: never;
  readonly from: 'start' | 'end' | LogPosition;
}

/** @throws {StatusError} for a request that the server refuses too */
export function readRequest(request: ReadReq): StreamRequest | AllRequest {
  const options = request.getOptions();
  const stream = options?.getStream();
  const all = options?.getAll();
  if (!options || (!stream && !all)) throw invalid('what to read is not said');
  const common = {
    backwards: options.getReadDirection() === 1,
    filter: filterOf(options),
    ...(options.hasSubscription() ? {} : { limit: Number(options.getCount()) }),
  };
  if (common.backwards && options.hasSubscription()) throw invalid('a subscription does not go backwards');
  if (stream) return { ...common, stream: streamName(stream.getStreamIdentifier()), from: revisionOf(stream) };
  return { ...common, from: all ? positionOf(all) : 'start' };
}

function filterOf(options: ReadReq.Options): EventFilter {
  const filter = options.getFilter();
  if (!filter) return everything;
  try {
    return eventFilter(filter);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function revisionOf(stream: ReadReq.Options.StreamOptions): StreamRequest['from'] {
  if (stream.hasRevision()) return BigInt(stream.getRevision());
  return stream.hasEnd() ? 'end' : 'start';
}

function positionOf(all: ReadReq.Options.AllOptions): AllRequest['from'] {
  const position = all.getPosition();
  if (position) return { commit: BigInt(position.getCommitPosition()), prepare: BigInt(position.getPreparePosition()) };
  return all.hasEnd() ? 'end' : 'start';
}

function invalid(what: string): StatusError {
  return new StatusError(grpcStatus.invalidArgument, what);
}
