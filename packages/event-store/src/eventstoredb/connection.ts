import {
  type AllStreamSubscription,
  type EventData,
  EventStoreDBClient,
  type StreamingRead,
} from '@eventstore/db-client';
import { StoreUnavailableError } from '../errors.ts';
import { collect } from './collect.ts';
import { isAnswer, isDenial, NoAnswerError, reconnectsByItself, tryUntil } from './failures.ts';

export interface ConnectionOptions {
  /** EventStoreDB's connection string. */
  readonly url: string;
  /** How long to wait for an answer, or the next piece of one. */
  readonly timeoutMs: number;
  /** How long to go on trying. */
  readonly patienceMs: number;
}

/** What can be asked of the server. */
export interface Calls {
  /** Tries for as long as there is patience. @throws {StoreUnavailableError} */
  patiently<T>(attempt: () => Promise<T>): Promise<T>;
  /** All that a read gives, which has to be bounded by its count. @throws {StoreUnavailableError} */
  read<T>(start: (client: EventStoreDBClient) => StreamingRead<T>): Promise<T[]>;
  /**
   * Appends if the stream's last revision is as expected, -1 for no stream. Tries once.
   * @throws {NoAnswerError} when nobody knows whether it happened
   */
  append(stream: string, expected: number, events: EventData[]): Promise<void>;
}

/** What is asked when patience has run out still gets as long. */
const LAST_TRY_MS = 1_000;

/**
 * The way to the server. What the library throws comes out as it is if it is an answer, as StoreUnavailableError if
 * access is denied, else as NoAnswerError; a client that does not answer is replaced.
 */
export class Connection implements Calls {
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #patienceMs: number;
  readonly #closing = new AbortController();
  #client: EventStoreDBClient;
  #replaced = 0;
  /** Aborts when the client is given up: reads of a disposed client would wait for ever. */
  #givenUp = new AbortController();

  /** Connects when it is used for the first time. @throws what the library says about a malformed connection string */
  constructor({ url, timeoutMs, patienceMs }: ConnectionOptions) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#patienceMs = patienceMs;
    this.#client = connect(url);
  }

  /** Aborts when it is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    return this.together().patiently(attempt);
  }

  read<T>(start: (client: EventStoreDBClient) => StreamingRead<T>): Promise<T[]> {
    return this.together().read(start);
  }

  append(stream: string, expected: number, events: EventData[]): Promise<void> {
    return this.together().append(stream, expected, events);
  }

  /** Calls that have patience for as long as one has, counted from now: for what takes several, and somebody waits for. */
  together(): Calls {
    const deadline = performance.now() + this.#patienceMs;
    const patiently = async <T>(attempt: () => Promise<T>): Promise<T> => {
      this.assertOpen();
      return tryUntil(attempt, { deadline, signal: this.closing });
    };
    return {
      patiently,
      read: (start) =>
        patiently(() => this.#once((client, givenUp) => collect(start(client), this.#timeLeftMs(deadline), givenUp))),
      append: (stream, expected, events) =>
        this.#once(async (client, givenUp) => {
          const timeoutMs = this.#timeLeftMs(deadline);
          const call = client.appendToStream(stream, events, {
            expectedRevision: expected < 0 ? 'no_stream' : BigInt(expected),
            requiresLeader: true,
            deadline: timeoutMs,
          });
          // The deadline counts from when the library has a connection, which it may wait for without end.
          await within(call, timeoutMs + LAST_TRY_MS, givenUp);
        }),
    };
  }

  #timeLeftMs(deadline: number): number {
    return Math.min(this.#timeoutMs, Math.max(LAST_TRY_MS, Math.ceil(deadline - performance.now())));
  }

  /** The subscription, and the signal that aborts when its client is given up, which it would not tell itself. */
  subscribe(start: (client: EventStoreDBClient) => AllStreamSubscription): [AllStreamSubscription, AbortSignal] {
    return [start(this.#client), this.#givenUp.signal];
  }

  assertOpen(): void {
    if (this.closing.aborted) throw new StoreUnavailableError('the store was closed');
  }

  async close(): Promise<void> {
    if (this.closing.aborted) return;
    this.#closing.abort();
    this.#givenUp.abort();
    await this.#client.dispose();
  }

  async #once<T>(attempt: (client: EventStoreDBClient, givenUp: AbortSignal) => Promise<T>): Promise<T> {
    const client = this.#client;
    try {
      return await attempt(client, this.#givenUp.signal);
    } catch (error) {
      if (isDenial(error))
        throw new StoreUnavailableError("EventStoreDB denies access: see the connection string's credentials", {
          cause: error,
        });
      if (isAnswer(error)) throw error;
      if (!reconnectsByItself(error)) this.#replace(client);
      throw error instanceof NoAnswerError ? error : new NoAnswerError('EventStoreDB did not answer', { cause: error });
    }
  }

  #replace(client: EventStoreDBClient): void {
    if (client !== this.#client || this.closing.aborted) return;
    const givenUp = this.#givenUp;
    this.#client = connect(urlOfNth(this.#url, ++this.#replaced));
    this.#givenUp = new AbortController();
    givenUp.abort();
    void client.dispose();
  }
}

/**
 * Appends go out as calls of their own, not over the library's batch stream: its list of pending appends is shared by
 * all clients of the process and emptied when any stream fails, and the answer to one that is no longer listed then
 * throws where nobody can catch it. `supports` decides on nothing but that.
 */
const connect = (url: string): EventStoreDBClient =>
  Object.defineProperty(EventStoreDBClient.connectionString(url), 'supports', { value: async () => false });

const KEEP_ALIVE = /\bkeepAliveInterval=(-?\d+)/i;
const DEFAULT_KEEP_ALIVE_MS = 10_000;

/**
 * The connection string of the nth client. gRPC shares connections between clients whose settings are the same, so one
 * that replaces another differs by a millisecond in how often it looks for signs of life.
 */
const urlOfNth = (url: string, n: number): string => {
  const [found, intervalMs] = KEEP_ALIVE.exec(url) ?? [];
  if (n === 0 || intervalMs?.startsWith('-')) return url;
  const setting = `keepAliveInterval=${Number(intervalMs ?? DEFAULT_KEEP_ALIVE_MS) + n}`;
  return found === undefined ? `${url}${url.includes('?') ? '&' : '?'}${setting}` : url.replace(found, setting);
};

const within = <T>(call: Promise<T>, timeoutMs: number, givenUp: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const onGivenUp = (): void => reject(new NoAnswerError('the connection was given up during an append'));
    const timer = setTimeout(() => reject(new NoAnswerError(`no answer within ${timeoutMs} ms`)), timeoutMs);
    givenUp.addEventListener('abort', onGivenUp);
    const settle = (): void => {
      clearTimeout(timer);
      givenUp.removeEventListener('abort', onGivenUp);
    };
    call.then(resolve, reject).finally(settle);
    if (givenUp.aborted) onGivenUp();
  });
