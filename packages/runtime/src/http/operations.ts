import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock, ClockDescription } from '../clock.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { docsPage } from './docs-page.ts';
import { type ApiInfo, openApiDocument } from './openapi.ts';
import { defineRoute, type Route } from './route.ts';

/** What a service cannot be without. */
export interface Dependency {
  readonly name: string;
  /** Why it is of no use just now; undefined if all is well. Must be quick. */
  check(): string | undefined | Promise<string | undefined>;
}

export interface OperationsOptions {
  readonly dependencies: readonly Dependency[];
  readonly clock: Clock;
  readonly clockDescription: ClockDescription;
  readonly metrics: Metrics;
  readonly info: ApiInfo;
  /** Whether API keys are asked for. */
  readonly keyed: boolean;
}

const limits = { bodyBytes: 0, timeoutMs: 5_000, underLoad: 'served' } as const;
const tags = ['operations'] as const;

const readiness = z
  .strictObject({
    status: z.enum(['ready', 'not-ready']),
    dependencies: z.record(z.string(), z.string()).describe('`ok`, or why it is of no use'),
    clock: z.string().optional().describe("The time here, when it is not the machine's"),
  })
  .meta({ id: 'Readiness' });

/** Routes for those who run a service: alive, able to serve, figures, and what `routes` and these are. */
export function operationRoutes(routes: readonly Route[], options: OperationsOptions): readonly Route[] {
  const own: readonly Route[] = [
    defineRoute({
      method: 'GET',
      path: '/healthz',
      operationId: 'isAlive',
      summary: 'Whether the process answers',
      tags,
      scopes: 'public',
      limits,
      responses: { 200: { description: 'It does', schema: z.strictObject({ status: z.literal('alive') }) } },
      handler: () => ({ status: 200, text: '{"status":"alive"}' }),
    }),
    defineRoute({
      method: 'GET',
      path: '/readyz',
      operationId: 'isReady',
      summary: 'Whether the service can serve, and why not',
      tags,
      scopes: 'public',
      limits,
      responses: {
        200: { description: 'It can', schema: readiness },
        503: { description: 'It cannot', schema: readiness, headers: { 'Retry-After': 'In seconds' } },
      },
      handler: async () => {
        const found = await Promise.all(
          options.dependencies.map(async ({ name, check }) => [name, await checked(check)] as const),
        );
        const isReady = found.every(([, reason]) => reason === undefined);
        const body = {
          status: isReady ? ('ready' as const) : ('not-ready' as const),
          dependencies: Object.fromEntries(found.map(([name, reason]) => [name, reason ?? 'ok'])),
          ...(options.clockDescription.kind === 'system' ? {} : { clock: new Date(options.clock.now()).toISOString() }),
        };
        return isReady ? { status: 200, body } : { status: 503, headers: { 'retry-after': '1' }, body };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      operationId: 'readMetrics',
      summary: 'Figures for Prometheus',
      tags,
      scopes: ['metrics:read'],
      limits,
      responses: { 200: { description: 'In its text format', schema: z.string(), contentTypes: ['text/plain'] } },
      handler: async () => ({
        status: 200,
        contentType: options.metrics.contentType,
        text: await options.metrics.render(),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/openapi.json',
      operationId: 'readApi',
      summary: 'This API as OpenAPI 3.1',
      tags,
      scopes: ['docs:read'],
      limits,
      responses: { 200: { description: 'The document', schema: z.record(z.string(), z.unknown()) } },
      handler: () => ({ status: 200, text: document() }),
    }),
    defineRoute({
      method: 'GET',
      path: '/docs',
      operationId: 'readDocs',
      summary: 'A page about this API',
      tags,
      scopes: ['docs:read'],
      limits,
      responses: { 200: { description: 'The page', schema: z.string(), contentTypes: ['text/html'] } },
      handler: () => ({ status: 200, headers: pageHeaders, contentType: 'text/html', text: docsPage() }),
    }),
  ];
  let text: string | undefined;
  const document = (): string => {
    text ??= JSON.stringify(openApiDocument([...routes, ...own], options.info, options.keyed));
    return text;
  };
  return own;
}

/** The page runs its own script and styles, and talks to nobody else. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
  'x-content-type-options': 'nosniff',
};

/** Whoever asks is answered in time, also when what is checked is not. */
const CHECK_MS = 2_000;

async function checked(check: Dependency['check']): Promise<string | undefined> {
  const answered = new AbortController();
  const late = delay(CHECK_MS, `it did not answer in ${CHECK_MS} ms`, { signal: answered.signal, ref: false });
  late.catch(() => undefined);
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return error instanceof Error ? error.message : 'it failed';
  } finally {
    answered.abort();
  }
}
