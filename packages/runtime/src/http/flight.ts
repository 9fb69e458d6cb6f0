import type { FastifyReply } from 'fastify';
import { Problem } from './problem.ts';

const WATCH_EVERY_MS = 100;

interface FlightParts {
  readonly reply: FastifyReply;
  /** ms on the monotonic clock. */
  readonly startedAt: number;
  /** Infinite for streams. */
  readonly timeoutMs: number;
  readonly actor: string;
  /** Of the answer, as was negotiated. */
  readonly contentType: string;
}

/** One request at work, from its headers to the end of its answer. */
export class Flight {
  /** ms on the monotonic clock; infinite for streams. */
  readonly deadline: number;
  readonly startedAt: number;
  readonly reply: FastifyReply;
  readonly actor: string;
  readonly contentType: string;
  /** The handler has the request; before, the body was still coming in. */
  handling = false;
  /** Nothing more will be answered: it has been, or the client has gone. */
  answered = false;
  #controller: AbortController | undefined;
  #aborted: Error | undefined;

  constructor({ reply, startedAt, timeoutMs, actor, contentType }: FlightParts) {
    this.reply = reply;
    this.actor = actor;
    this.contentType = contentType;
    this.startedAt = startedAt;
    this.deadline = startedAt + timeoutMs;
  }

  /** Made when first asked for: most requests are answered before anybody would abort them. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#aborted ??= reason;
    this.#controller?.abort(reason);
  }

  /** The time is up: the client gets its answer now, what the handler still says is dropped. */
  expire(): void {
    if (this.answered) return;
    this.answered = true;
    const problem = this.handling
      ? new Problem('timeout', 'The answer took too long; what was asked for may have been done')
      : new Problem('request-timeout', 'The body took too long to arrive', { headers: { connection: 'close' } });
    this.abort(problem);
    this.reply.send(problem);
  }
}

/** All requests at work, each with its deadline. One timer watches over all, as a timer a request would cost more. */
export class Flights {
  readonly #flights = new Set<Flight>();
  readonly #watch: NodeJS.Timeout;
  #landed: (() => void) | undefined;

  constructor() {
    this.#watch = setInterval(() => this.#expire(performance.now()), WATCH_EVERY_MS);
    this.#watch.unref();
  }

  get size(): number {
    return this.#flights.size;
  }

  add(flight: Flight): void {
    this.#flights.add(flight);
  }

  remove(flight: Flight): void {
    this.#flights.delete(flight);
    if (this.#flights.size === 0) this.#landed?.();
  }

  /** Asks streams to come to an end; other requests are left to finish. */
  stopStreams(reason: Error): void {
    for (const flight of this.#flights) if (flight.deadline === Number.POSITIVE_INFINITY) flight.abort(reason);
  }

  abortAll(reason: Error): void {
    for (const flight of this.#flights) flight.abort(reason);
  }

  /** Resolves once nothing is at work. */
  landed(): Promise<void> {
    if (this.#flights.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#landed = resolve;
    });
  }

  close(): void {
    clearInterval(this.#watch);
  }

  #expire(now: number): void {
    for (const flight of this.#flights) if (flight.deadline <= now) flight.expire();
  }
}
