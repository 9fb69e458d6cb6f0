import { type IncomingHttpHeaders, type IncomingMessage, METHODS, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@tenure/runtime';
import { type Dispatcher, errors } from 'undici';
import { UnavailableServiceError } from './problems.ts';

export interface ForwardOptions {
  readonly dispatcher: Dispatcher;
  readonly to: { readonly name: string; readonly origin: string };
  /** Until the answer begins; a body that comes in lines takes as long as its client likes. */
  readonly timeoutMs: number;
}

/** What a service has begun to answer. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Readable;
}

/** Of one connection, and not of the message (RFC 9110, 7.6.1); Node has answered `Expect` already. */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Sends a request on as it is, its body as it comes, and resolves when the answer begins.
 * @param signal aborts when the client has gone
 * @throws {UnavailableServiceError} {Problem} `timeout`
 */
export async function forward(
  request: IncomingMessage,
  signal: AbortSignal,
  { dispatcher, to, timeoutMs }: ForwardOptions,
): Promise<Answered> {
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: to.origin,
      path: request.url ?? '/',
      method: methodOf(request),
      headers: endToEnd(request.headers),
      body: bodyOf(request),
      signal,
      headersTimeout: isInLines(request.headers) ? 0 : timeoutMs,
      bodyTimeout: 0,
    });
    return { status: statusCode, headers: endToEnd(headers), body };
  } catch (error) {
    throw failureOf(error, to.name);
  }
}

/** Gives a client what a service answers, at the client's pace. Rejects when either breaks off. */
export async function passBack({ status, headers, body }: Answered, response: ServerResponse): Promise<void> {
  // A connection whose request was not read to its end is of no more use.
  response.writeHead(status, { ...headers, ...(response.req.complete ? {} : { connection: 'close' }) });
  // What comes line by line is not held back for the first line.
  response.flushHeaders();
  await pipeline(body, response);
}

/** Without those that RFC 9110 says are not passed on, and those that `Connection` names. */
function endToEnd(headers: IncomingHttpHeaders | Answered['headers']): Record<string, string | string[]> {
  const named = new Set(
    String(headers.connection ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  );
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHop.has(name) && !named.has(name)) kept[name] = value;
  }
  return kept;
}

/** The body as it comes. undici lets go of its connection when the service breaks off, so that it can still be answered. */
function bodyOf(request: IncomingMessage): IncomingMessage | null {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  return encoding === undefined && length === '0' ? null : request;
}

function methodOf({ method }: IncomingMessage): Dispatcher.HttpMethod {
  const known = METHODS.find((one) => one === method);
  if (known === undefined) throw new RangeError(`${method} is no method`);
  return known as Dispatcher.HttpMethod;
}

function isInLines({ 'content-type': type = '' }: IncomingHttpHeaders): boolean {
  return type.toLowerCase().startsWith('application/x-ndjson');
}

function failureOf(error: unknown, service: string): Problem | UnavailableServiceError {
  if (error instanceof errors.HeadersTimeoutError) {
    return new Problem('timeout', `The service ${service} did not answer in time`, { cause: error });
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const brokeOff = code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
  const detail = brokeOff
    ? `The service ${service} broke off; it is not known whether it has done this`
    : `The service ${service} cannot be reached`;
  return new UnavailableServiceError(detail, { service, cause: error });
}
