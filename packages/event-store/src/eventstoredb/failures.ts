import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorType, isCommandError } from '@eventstore/db-client';
import { StoreUnavailableError } from '../errors.ts';

/** What the server is asked was not answered, or nobody knows: no connection, a cut one, a timeout, a stopping server. */
export class NoAnswerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NoAnswerError';
  }
}

/** What the library reports that is no answer. It lets gRPC's own errors through as well, which have no such type. */
const UNANSWERED: ReadonlySet<string> = new Set([
  ErrorType.CANCELLED,
  ErrorType.DEADLINE_EXCEEDED,
  ErrorType.NOT_LEADER,
  ErrorType.TIMEOUT,
  ErrorType.UNAVAILABLE,
  ErrorType.UNKNOWN,
]);

export const isAnswer = (error: unknown): boolean =>
  error instanceof Error && isCommandError(error) && !UNANSWERED.has(error.type);

export const isDenial = (error: unknown): boolean =>
  error instanceof Error && isCommandError(error) && error.type === ErrorType.ACCESS_DENIED;

/** What the library answers by connecting anew itself, to the node that the server names if it does. */
const RECONNECTING: ReadonlySet<string> = new Set([ErrorType.CANCELLED, ErrorType.NOT_LEADER, ErrorType.UNAVAILABLE]);

export const reconnectsByItself = (error: unknown): boolean =>
  error instanceof Error && isCommandError(error) && RECONNECTING.has(error.type);

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Pauses between tries, each longer than the last up to a limit. */
export class Backoff {
  #pauseMs = FIRST_PAUSE_MS;

  /** Ends early, without an error, when the signal aborts. */
  async pause(signal: AbortSignal): Promise<void> {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    await pause(pauseMs, signal);
  }

  reset(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
  }
}

/** Ends early, without an error, when the signal aborts. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};

/**
 * Tries until there is an answer, or the deadline (of `performance.now()`) has passed. What is tried must be safe to
 * repeat.
 * @throws {StoreUnavailableError} when there is none; the cause is the last failure
 */
export const tryUntil = async <T>(
  attempt: () => Promise<T>,
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<T> => {
  const backoff = new Backoff();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      if (signal.aborted) throw new StoreUnavailableError('the store was closed', { cause: error });
      if (performance.now() > deadline)
        throw new StoreUnavailableError('EventStoreDB did not answer in time', { cause: error });
    }
    await backoff.pause(signal);
  }
};
