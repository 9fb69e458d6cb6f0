import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { negotiate } from './accept.ts';
import type { Access } from './access.ts';
import { Flight, type Flights } from './flight.ts';
import { newRequestId, readOrigin } from './origin.ts';
import { Problem } from './problem.ts';
import type { HandledAnswer, Route } from './route.ts';
import { fastifyPath, type ServerOptions } from './server-options.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the request was let in. */
    flight: Flight | null;
  }
}

interface Shared extends ServerOptions {
  readonly flights: Flights;
  readonly access: Access;
  readonly isClosing: () => boolean;
}

/** Room for what clients send as "nothing", such as `{}`. */
const NO_BODY_BYTES = 1_024;
/** Made once: when there are many of it, it must cost next to nothing. */
const overloaded = new Problem('overloaded', 'Too many requests are at work; try again shortly');
const clientGone = new Problem('timeout', 'The client has gone');

/** Hangs a route into the server: a gate before the body is read, then validation, handler and answer. */
export function serveRoute(app: FastifyInstance, route: Route, shared: Shared): void {
  const { flights, limits, metrics, access } = shared;
  const timeoutMs =
    route.limits.timeoutMs === 'stream' ? Number.POSITIVE_INFINITY : Math.min(route.limits.timeoutMs, limits.timeoutMs);
  const most = route.limits.concurrency ?? Number.POSITIVE_INFINITY;
  const offered = offeredTypes(route);
  const takesBody = route.body !== undefined || route.bodyStream !== undefined;
  const bodyType = route.bodyStream?.contentType ?? 'application/json';
  const observe = metrics.observer(route.operationId);
  let atWork = 0;

  const gate = (request: FastifyRequest, reply: FastifyReply): void => {
    if (shared.isClosing()) {
      throw new Problem('shutting-down', 'The service is shutting down', { headers: { connection: 'close' } });
    }
    const isFull = flights.size >= limits.maxConcurrency || atWork >= most;
    if (isFull && route.limits.underLoad !== 'served') throw overloaded;
    const { headers } = request.raw;
    const actor = access(request.raw, route.scopes);
    const contentType = negotiate(headers.accept, offered);
    if (request.raw.url?.includes('%00') === true) throw new Problem('bad-request', 'The address holds NUL');
    checkBodyHeaders(request, takesBody, bodyType);
    const flight = new Flight({ reply, startedAt: performance.now(), timeoutMs, actor, contentType });
    request.flight = flight;
    atWork++;
    flights.add(flight);
    // 'close' comes after every answer, and when the client goes before it.
    reply.raw.once('close', () => {
      atWork--;
      flights.remove(flight);
      if (!reply.raw.writableFinished) flight.abort(clientGone);
      flight.answered = true;
      observe(reply.raw.statusCode, performance.now() - flight.startedAt);
    });
  };

  app.route({
    method: route.method,
    url: fastifyPath(route.path),
    bodyLimit: takesBody ? Math.min(route.limits.bodyBytes, limits.maxBodyBytes) : NO_BODY_BYTES,
    onRequest(request, reply, done) {
      try {
        gate(request, reply);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        observe(error.status, 0);
        done(error);
        return;
      }
      done();
    },
    handler(request, reply) {
      const { flight } = request;
      if (flight === null || flight.answered) return;
      flight.handling = true;
      const fail = (error: unknown): void => {
        if (flight.answered) return;
        flight.answered = true;
        reply.send(
          error instanceof Error ? error : new Error('something was thrown that is no error', { cause: error }),
        );
      };
      const answer = (answered: HandledAnswer): void => {
        if (flight.answered) return;
        try {
          if (shared.checkAnswers === true) checkAnswer(route, answered);
          flight.answered = true;
          send(reply, answered, flight.contentType, shared.isClosing());
        } catch (error) {
          flight.answered = false;
          fail(error);
        }
      };
      try {
        const answered = handle(request, flight);
        if (answered instanceof Promise) answered.then(answer, fail);
        else answer(answered);
      } catch (error) {
        fail(error);
      }
    },
  });

  const handle = (request: FastifyRequest, flight: Flight): HandledAnswer | Promise<HandledAnswer> => {
    const { headers } = request.raw;
    const origin = readOrigin(headers, flight.actor, newRequestId(), shared.activeTraceparent?.());
    const { body } = request;
    if (route.body !== undefined && body === undefined) throw new Problem('not-json', 'The body is empty');
    if (!takesBody && body !== undefined) refuseBody(body);
    const raw = {
      params: request.params,
      query: request.query as object,
      body,
      stream: route.bodyStream === undefined ? undefined : request.raw,
      origin,
      contentType: flight.contentType,
      flight,
    };
    const position = route.awaitsPosition === true ? headers['tenure-min-position'] : undefined;
    if (typeof position !== 'string' || shared.awaitPosition === undefined) return route.handle(raw);
    return shared.awaitPosition(position, flight.signal).then(() => route.handle(raw));
  };
}

/** Media types of all good answers, the default first. */
function offeredTypes(route: Route): readonly string[] {
  const types = Object.entries(route.responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, response]) => response.contentTypes ?? ['application/json']);
  return [...new Set(types)];
}

function checkBodyHeaders(request: FastifyRequest, takesBody: boolean, bodyType: string): void {
  const { headers, method } = request.raw;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported-media-type', 'Bodies are read without Content-Encoding');
  }
  const type = headers['content-type'];
  if (type === bodyType || type === undefined || method === 'GET' || method === 'HEAD') return;
  const [essence = '', ...parameters] = type.toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (essence.trim() !== bodyType || !isUtf8) {
    throw new Problem(
      'unsupported-media-type',
      takesBody ? `The body must be ${bodyType} in UTF-8` : 'There is no body here',
    );
  }
}

function refuseBody(body: unknown): void {
  const isEmpty = typeof body === 'object' && body !== null && Object.keys(body).length === 0;
  if (!isEmpty)
    throw new Problem('invalid', 'There is no body here', { errors: [{ pointer: '', detail: 'must be absent' }] });
}

function send(reply: FastifyReply, answer: HandledAnswer, contentType: string, closing: boolean): void {
  reply.code(answer.status);
  if (answer.headers !== undefined) {
    for (const name in answer.headers) {
      const value = answer.headers[name];
      if (value !== undefined) reply.header(name, value);
    }
  }
  if (closing) reply.header('connection', 'close');
  const text = answer.text ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body));
  if (text === undefined && answer.stream === undefined) {
    reply.send();
    return;
  }
  reply.header('content-type', withCharset(answer.contentType ?? contentType));
  reply.send(answer.stream ?? text);
}

function withCharset(contentType: string): string {
  if (contentType === 'application/json') return 'application/json; charset=utf-8';
  return contentType.startsWith('text/') && !contentType.includes('charset')
    ? `${contentType}; charset=utf-8`
    : contentType;
}

/** @throws {Error} when an answer is not as its route declares */
function checkAnswer(route: Route, answer: HandledAnswer): void {
  const declared = route.responses[answer.status];
  if (declared === undefined)
    throw new Error(`${route.operationId} answers ${answer.status}, which it does not declare`);
  if (answer.stream !== undefined || declared.schema === null) return;
  if (!(answer.contentType ?? 'application/json').startsWith('application/json')) return;
  const value: unknown = answer.text === undefined ? JSON.parse(JSON.stringify(answer.body)) : JSON.parse(answer.text);
  const result = declared.schema.safeParse(value);
  if (!result.success) throw new Error(`${route.operationId} ${answer.status}: ${z.prettifyError(result.error)}`);
}
