import { UnreadableEventError } from '@tenure/contracts';
import { EventTooLargeError, InvalidPositionError, StoreUnavailableError } from '@tenure/event-store';
import { CursorError, FilterError, ReadStoreError } from '@tenure/read-store';
import { Problem } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';

const byStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'bad-request',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  408: 'request-timeout',
  413: 'too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  431: 'headers-too-large',
};

/** What an error means to the client. What nobody foresaw is `internal`, and says nothing of itself. */
export function errorProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreUnavailableError || isKeyStoreAway(error)) {
    return new Problem('store-unavailable', 'It is not known whether this was recorded; sending it again is safe', {
      cause: error,
    });
  }
  if (error instanceof EventTooLargeError) {
    return new Problem('too-large', `It makes an event of more than ${error.limitBytes} bytes`, { cause: error });
  }
  if (error instanceof InvalidPositionError) {
    return new Problem('position-unknown', 'The position is none of this store', { cause: error });
  }
  if (error instanceof UnreadableEventError) {
    return new Problem('customer-parked', `An event of this customer cannot be read: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof CursorError) return badQuery('/cursor', error.message, error);
  if (error instanceof FilterError) return badQuery(`/filter${error.pointer}`, error.detail, error);
  if (error instanceof ReadStoreError && error.code === 'query-timeout') {
    return new Problem('timeout', 'The query looks at too much; narrow it down', { cause: error });
  }
  if (error instanceof ReadStoreError && error.code === 'read-store-unavailable') {
    return new Problem('views-unavailable', 'The views cannot be read just now', { cause: error });
  }
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') {
    const code = byStatus[error.statusCode];
    if (code !== undefined) return new Problem(code, error.message, { cause: error });
    if (error.statusCode >= 400 && error.statusCode < 500)
      return new Problem('bad-request', error.message, { cause: error });
  }
  return new Problem('internal', 'Something went wrong on our side; it has been noted', { cause: error });
}

/** Its adapter is loaded only where it is used. */
function isKeyStoreAway(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'key-store-unavailable';
}

function badQuery(pointer: string, detail: string, cause: Error): Problem {
  const errors = [{ pointer, detail: `${detail} (in the query)` }];
  return new Problem('invalid', 'The query of the request is not valid', { errors, cause });
}
