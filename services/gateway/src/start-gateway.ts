import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiInfo, type Log, Problem, type Stoppable, serveOperations } from '@tenure/runtime';
import { Agent } from 'undici';
import { type GatewayConfig, OWN_NAME } from './config.ts';
import { forward, passBack } from './forward.ts';
import { GatewayServer, type Passing } from './gateway-server.ts';
import { KnownApis } from './known-apis.ts';
import { SERVICE_HEADER } from './merge-documents.ts';
import { Upstream } from './upstream.ts';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly log: Log;
  /** How often a service is asked what it serves, in ms: while it is there, and while it is away. */
  readonly learnMs?: { readonly there: number; readonly away: number };
}

const info: ApiInfo = {
  title: 'Tenure',
  version: '0.1.0',
  description: "Each customer's whole life as one ordered, replayable history",
};
const CONNECT_MS = 2_000;
/** A service ends its own requests in time; this is for one that hangs. */
const BEYOND_SERVICE_MS = 1_000;
const READ_API = 'readApi';

/**
 * Asks the services what they serve, then answers for them; goes on asking. A service that is away at the start is no
 * reason not to.
 * @throws {GatewayKeyError}
 */
export async function startGateway(options: GatewayOptions): Promise<Stoppable> {
  const { config, log, learnMs = { there: 5_000, away: 500 } } = options;
  const opened = new AsyncDisposableStack();
  try {
    const dispatcher = new Agent({ connect: { timeout: CONNECT_MS } });
    opened.defer(() => dispatcher.destroy());
    const addressed = (name: string, origin: string): Upstream =>
      new Upstream({
        name,
        origin,
        dispatcher,
        key: config.TENURE_UPSTREAM_KEY,
        allowKeyless: config.TENURE_KEYS === undefined,
        onLearnt: () => apis.change(),
        onChange: ({ trouble }) => {
          if (trouble === undefined) log.info({ upstream: name }, 'the service is known');
          else log.warn({ upstream: name, reason: trouble }, 'the service cannot be asked what it serves');
        },
      });
    const upstreams = config.TENURE_UPSTREAMS.map(({ name, origin }) => addressed(name, origin));

    // What the gateway says of itself comes from a server of its own, which knows the keys, and which others do not reach.
    const operations = await serveOperations({
      config: { ...config, TENURE_HOST: '127.0.0.1', TENURE_PORT: 0 },
      info,
      log,
      dependencies: upstreams.map((upstream) => ({ name: upstream.name, check: () => upstream.check() })),
      onStop: async () => undefined,
    });
    opened.defer(() => operations.stop().then(() => undefined));
    const own = addressed(OWN_NAME, operations.url);
    const apis = new KnownApis([own, ...upstreams]);
    await own.learn();
    if (own.document === undefined) throw new GatewayKeyError(own.trouble);

    await Promise.all(upstreams.map((upstream) => upstream.learn()));
    const stopped = new AbortController();
    opened.defer(() => stopped.abort());
    for (const upstream of upstreams) void keepLearning(upstream, learnMs, stopped.signal);

    const timeoutMs = config.TENURE_TIMEOUT_MS + BEYOND_SERVICE_MS;
    const server = new GatewayServer({
      log,
      maxConcurrency: config.TENURE_MAX_CONCURRENCY,
      metrics: operations.metrics.http,
      async answer(passing) {
        const { request, response, signal } = passing;
        const { method = '', url = '' } = request;
        const { operationId, services } = apis.find(method, url);
        passing.operationId = operationId;
        const to = apis.named(serviceMeant(passing, services));
        const answered = await forward(request, signal, { dispatcher, to, timeoutMs });
        if (to === own && operationId === READ_API && answered.status === 200) {
          // Whoever may read the gateway's document may read that of all.
          answered.body.resume();
          const text = apis.text();
          response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': text.length });
          response.end(text);
          return;
        }
        await passBack(answered, response);
      },
    });
    const url = await server.listen(config.TENURE_HOST, config.TENURE_PORT);

    let stopping: Promise<boolean> | undefined;
    const stop = async (): Promise<boolean> => {
      const finished = await server.close(config.TENURE_GRACE_MS * 0.8);
      await opened.disposeAsync();
      return finished;
    };
    return {
      url,
      stop() {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** The gateway's own keys do not know the one that it asks the services with. */
class GatewayKeyError extends Error {
  readonly code = 'gateway-key';
  constructor(reason = 'no reason given') {
    super(
      `TENURE_UPSTREAM_KEY: where TENURE_KEYS is set, this has to be one of those keys, of the scope docs:read; ${reason}`,
    );
    this.name = 'GatewayKeyError';
  }
}

async function keepLearning(
  upstream: Upstream,
  { there, away }: { readonly there: number; readonly away: number },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(upstream.trouble === undefined ? there : away, undefined, { signal, ref: false }).catch(
      () => undefined,
    );
    if (!signal.aborted) await upstream.learn();
  }
}

/** @throws {Problem} `invalid` where the client has to say, and has not */
function serviceMeant({ request }: Passing, services: readonly string[]): string {
  const [only, ...others] = services;
  if (only !== undefined && others.length === 0) return only;
  const named = services.find((name) => name === request.headers[SERVICE_HEADER.toLowerCase()]);
  if (named !== undefined) return named;
  const detail = `must be one of ${services.join(', ')}`;
  throw new Problem('invalid', `Several services answer this: the header ${SERVICE_HEADER} says which is meant`, {
    errors: [{ pointer: `/${SERVICE_HEADER}`, detail }],
  });
}
