import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { createLog } from '../../telemetry/log.ts';
import { createMetrics, type Metrics } from '../../telemetry/metrics.ts';
import type { Route } from '../route.ts';
import { buildServer, type HttpServer } from '../server.ts';
import type { ServerOptions } from '../server-options.ts';

export interface Fixture extends HttpServer {
  readonly metrics: Metrics;
  /** JSON lines. */
  readonly logged: readonly string[];
}

/** A server of these routes that ends with the test; every answer is checked against its schema. */
export async function serve(
  routes: readonly Route[],
  { limits, ...options }: Partial<Omit<ServerOptions, 'limits'>> & { limits?: Partial<ServerOptions['limits']> } = {},
): Promise<Fixture> {
  const logged: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const metrics = createMetrics();
  const server = await buildServer({
    routes,
    keys: undefined,
    limits: { maxBodyBytes: 100_000, maxConcurrency: 100, timeoutMs: 9_000, ...limits },
    log: createLog({ level: 'debug', service: 'test', destination }),
    metrics: metrics.http,
    checkAnswers: true,
    ...options,
  });
  onTestFinished(() => server.close(0).then(() => undefined));
  return { ...server, metrics, logged };
}
