import type { Expected } from './append-decision.ts';
import { grpcStatus, StatusError } from './grpc.ts';

/** The errors that the server answers with, by the names that the client looks for. */
export function streamDeleted(stream: string): StatusError {
  return new StatusError(grpcStatus.failedPrecondition, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });
}

/** Deletions answer with an error where appends answer with a message. `current` is -1 for no stream. */
export function wrongVersionOfDelete(stream: string, expected: Expected, current: number): StatusError {
  const version = expectedNumber(expected);
  return new StatusError(
    grpcStatus.failedPrecondition,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${version}, Actual version: ${current}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(version),
      'actual-version': String(current),
    },
  );
}

export function maximumAppendSizeExceeded(maxBytes: number): StatusError {
  return new StatusError(grpcStatus.invalidArgument, `Maximum Append Size of ${maxBytes} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxBytes),
  });
}

export function accessDenied(): StatusError {
  return new StatusError(grpcStatus.permissionDenied, 'Access Denied', { exception: 'access-denied' });
}

export function unauthenticated(): StatusError {
  return new StatusError(grpcStatus.unauthenticated, 'Unauthenticated');
}

export function unavailable(): StatusError {
  return new StatusError(grpcStatus.unavailable, 'Server Is Not Ready');
}

export function missingMetadata(property: string): StatusError {
  return new StatusError(grpcStatus.invalidArgument, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
}

/** The server's numbers for what is no revision. */
function expectedNumber(expected: Expected): bigint {
  if (typeof expected === 'bigint') return expected;
  return { no_stream: -1n, any: -2n, stream_exists: -4n }[expected];
}
