import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type HttpMetrics, type Log, Problem, problemBody } from '@tenure/runtime';
import { answerProblem, UnavailableServiceError } from './problems.ts';

/** One request, on its way through. */
export interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client has gone, and once the answer is over. */
  readonly signal: AbortSignal;
  /** Names the operation, for the figures, as soon as it is known. */
  operationId: string;
}

export interface GatewayServerOptions {
  /** Answers a request. @throws {Problem} {UnavailableServiceError} */
  readonly answer: (passing: Passing) => Promise<void>;
  readonly maxConcurrency: number;
  readonly metrics: HttpMetrics;
  readonly log: Log;
}

const HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 8_000;

/** HTTP in front of the services: counts requests, says problems, ends in order. */
export class GatewayServer {
  readonly #options: GatewayServerOptions;
  readonly #server: Server;
  readonly #observers = new Map<string, ReturnType<HttpMetrics['observer']>>();
  #atWork = 0;
  #isClosing = false;

  constructor(options: GatewayServerOptions) {
    this.#options = options;
    this.#server = createServer(
      // How long a body may take is for the services to say.
      { maxHeaderSize: HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0 },
      (request, response) => void this.#take(request, response),
    );
    this.#server.on('clientError', refuseUnreadable);
  }

  /** @returns the URL */
  async listen(host: string, port: number): Promise<string> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const { address, family, port: taken } = this.#server.address() as AddressInfo;
    const named = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
    return `http://${family === 'IPv6' && named !== '127.0.0.1' ? `[${named}]` : named}:${taken}`;
  }

  /** Takes no more requests and lets those at work finish, `graceMs` long. @returns whether all did */
  async close(graceMs: number): Promise<boolean> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = this.#atWork > 0;
      this.#server.closeAllConnections();
    }, graceMs);
    await closed;
    clearTimeout(timer);
    return !isLate;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const gone = new AbortController();
    const passing: Passing = { request, response, signal: gone.signal, operationId: 'unknown' };
    this.#atWork += 1;
    response.once('close', () => {
      this.#atWork -= 1;
      gone.abort();
      this.#observe(passing.operationId, response.statusCode, performance.now() - startedAt);
      // Whoever keeps the connection for a next request would keep the server from its end.
      if (this.#isClosing) this.#server.closeIdleConnections();
    });
    try {
      if (this.#isClosing) {
        throw new Problem('shutting-down', 'The gateway is shutting down', { headers: { connection: 'close' } });
      }
      if (this.#atWork > this.#options.maxConcurrency) {
        throw new Problem('overloaded', 'Too many requests are at work; try again shortly');
      }
      await this.#options.answer(passing);
    } catch (error) {
      // A client that has gone is told nothing.
      if (response.destroyed) return;
      if (error instanceof Problem || error instanceof UnavailableServiceError) answerProblem(response, error);
      else this.#fail(passing, error);
    }
  }

  #fail({ request, response, operationId }: Passing, error: unknown): void {
    this.#options.log.error({ err: error, method: request.method, operationId }, 'request failed');
    answerProblem(response, new Problem('internal', 'Something went wrong on our side; it has been noted'));
  }

  #observe(operationId: string, status: number, durationMs: number): void {
    let observe = this.#observers.get(operationId);
    if (observe === undefined) {
      observe = this.#options.metrics.observer(operationId);
      this.#observers.set(operationId, observe);
    }
    observe(status, durationMs);
  }
}

function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'bad-request';
  const body = JSON.stringify(problemBody(new Problem(code, 'The request could not be read as HTTP')));
  const { status } = new Problem(code, '');
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
