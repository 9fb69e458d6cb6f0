import Fastify, { type FastifyInstance } from 'fastify';
import { createAccess } from './access.ts';
import { installBodyParsers } from './body-parser.ts';
import { checkRoutes } from './check-routes.ts';
import { errorProblem } from './error-problem.ts';
import { Flights } from './flight.ts';
import { newRequestId } from './origin.ts';
import { Problem, problemBody } from './problem.ts';
import { RefusalLog } from './refusal-log.ts';
import type { Route } from './route.ts';
import { serveRoute } from './serve-route.ts';
import { fastifyPath, type ServerOptions } from './server-options.ts';

export interface HttpServer {
  readonly app: FastifyInstance;
  /** Requests at work. */
  readonly inFlight: () => number;
  /** Listens, and says at which URL. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /**
   * Takes no more requests, lets those at work finish, and closes; after `graceMs` what is left is cut off.
   * @returns whether all finished
   */
  close(graceMs: number): Promise<boolean>;
}

const HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 8_000;
/** Of a path, as it is sent: 200 characters of three bytes take 1,800. */
const LONGEST_PARAMETER = 4_096;
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** @throws {RouteDeclarationError} for routes that leave open who may call them, what they take, or what they cost */
export async function buildServer(options: ServerOptions): Promise<HttpServer> {
  checkRoutes(options.routes);
  const { log } = options;
  const app = Fastify({
    // Requests are logged here, when there is something to say; Fastify's logger would make a child for each.
    logger: false,
    http: { maxHeaderSize: HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    bodyLimit: options.limits.maxBodyBytes,
    forceCloseConnections: 'idle',
    // The gate says so, as a problem.
    return503OnClosing: false,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    frameworkErrors: (error, _request, reply) => {
      // A path that cannot be decoded has no route, hence none of the hooks that answer problems.
      const { code } = errorProblem(error);
      const problem = new Problem(code, 'The path cannot be read');
      reply.hijack();
      reply.raw.writeHead(problem.status, { 'content-type': 'application/problem+json' });
      reply.raw.end(JSON.stringify(problemBody(problem)));
    },
    clientErrorHandler(error, socket) {
      const code =
        error.code === 'HPE_HEADER_OVERFLOW'
          ? 'headers-too-large'
          : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
            ? 'request-timeout'
            : 'bad-request';
      answerRaw(socket, new Problem(code, 'The request could not be read as HTTP'));
    },
  });
  const flights = new Flights();
  const refusals = new RefusalLog(log);
  let closing = false;

  app.decorateRequest('flight', null);
  app.setErrorHandler((error, request, reply) => {
    const problem = errorProblem(error);
    const requestId = newRequestId();
    if (problem.status === 500)
      log.error({ err: error, requestId, method: request.method, route: request.routeOptions.url }, 'request failed');
    else if (problem.status >= 500) refusals.note(problem, requestId);
    if (closing) reply.header('connection', 'close');
    return reply
      .code(problem.status)
      .headers(problem.headers)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(problemBody(problem, requestId)));
  });
  app.addHook('onRequest', (request, _reply, done) => {
    done(request.is404 ? new Problem('not-found', 'There is no such path') : undefined);
  });
  if (options.tracing !== undefined) await app.register(options.tracing);
  installBodyParsers(app, new Set(options.routes.flatMap((route) => route.bodyStream?.contentType ?? [])));

  const shared = { ...options, flights, access: createAccess(options.keys), isClosing: () => closing };
  for (const route of options.routes) serveRoute(app, route, shared);
  refuseOtherMethods(app, options.routes);
  await app.ready();

  return {
    app,
    inFlight: () => flights.size,
    listen: (address) => app.listen(address),
    async close(graceMs) {
      closing = true;
      flights.stopStreams(new Problem('shutting-down', 'The service is shutting down'));
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), graceMs);
      });
      const closed = app.close();
      const finished = await Promise.race([flights.landed().then(() => true), tooLate]);
      clearTimeout(timer);
      flights.abortAll(new Problem('shutting-down', 'The service has shut down'));
      app.server.closeAllConnections();
      await closed;
      flights.close();
      return finished;
    },
  };
}

function refuseOtherMethods(app: FastifyInstance, routes: readonly Route[]): void {
  const byPath = Map.groupBy(routes, (route) => route.path);
  for (const [path, declared] of byPath) {
    const allowed = new Set<string>(declared.map((route) => route.method));
    if (allowed.has('GET')) allowed.add('HEAD');
    const allow = [...allowed].join(', ');
    app.route({
      method: methods.filter((method) => !allowed.has(method)),
      url: fastifyPath(path),
      exposeHeadRoute: false,
      onRequest: (_request, _reply, done) =>
        done(new Problem('method-not-allowed', `Only ${allow} are possible here`, { headers: { allow } })),
      handler: (_request, reply) => reply.send(),
    });
  }
}

function answerRaw(
  socket: { writable: boolean; end(text: string): unknown; destroy(): unknown },
  problem: Problem,
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problemBody(problem));
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.code}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
