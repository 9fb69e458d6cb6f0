import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SmallServiceOptions {
  /** Methods by path, as in OpenAPI. */
  readonly serves: Readonly<Record<string, readonly string[]>>;
  readonly answer?: RequestListener;
  readonly port?: number;
  /** Asks for this API key. */
  readonly key?: string;
  readonly schemas?: Readonly<Record<string, unknown>>;
  /** Answered at /readyz. */
  readonly readiness?: { readonly status: string; readonly dependencies: Readonly<Record<string, string>> };
}

export interface SmallService {
  readonly origin: string;
  readonly port: number;
  readonly server: Server;
  /** Method and path, as they came. */
  readonly asked: string[];
  stop(): Promise<void>;
}

const READY = { status: 'ready', dependencies: {} };

/** A service with an API document and health, that ends with the test. */
export async function startSmallService(options: SmallServiceOptions): Promise<SmallService> {
  const { serves, answer = echo, key, readiness = READY } = options;
  const asked: string[] = [];
  const document = JSON.stringify(documentOf(options));
  const server = createServer((request, response) => {
    const isAllowed = key === undefined || request.headers.authorization === `Bearer ${key}`;
    if (request.url === '/readyz') return json(response, readiness.status === 'ready' ? 200 : 503, readiness);
    if (!isAllowed) return json(response, 401, { type: 'urn:tenure:problem:unauthenticated' });
    if (request.url === '/openapi.json') return void response.end(document);
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(stop);
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, server, asked, stop };

  function documentOf({ schemas = {} }: SmallServiceOptions): object {
    const security = key === undefined ? [{ ApiKey: [] }, {}] : [{ ApiKey: [] }];
    const paths = Object.entries(serves).map(([path, methods]) => [
      path,
      Object.fromEntries(
        methods.map((method) => [
          method,
          { operationId: `${method}At${path.replaceAll(/\W+/g, '_')}`, tags: ['small'], security, responses: {} },
        ]),
      ),
    ]);
    return {
      openapi: '3.1.0',
      info: { title: 'Small', version: '1' },
      tags: [{ name: 'small' }],
      paths: Object.fromEntries(paths),
      components: { schemas },
    };
  }
}

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'text/plain' });
  request.pipe(response);
}
