import type { BaseConfig } from '../base-config.ts';
import { openClock } from '../clock.ts';
import type { ApiInfo } from '../http/openapi.ts';
import { type Dependency, operationRoutes } from '../http/operations.ts';
import { buildServer } from '../http/server.ts';
import { limitsOf } from '../http/server-options.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { checkAddress } from './check-address.ts';
import type { Stoppable } from './run-until-signal.ts';

export interface OperationsServerOptions {
  readonly config: BaseConfig;
  readonly info: ApiInfo;
  readonly log: Log;
  readonly dependencies: readonly Dependency[];
  /** Ends what the process does, once nobody is answered any more. */
  readonly onStop: () => Promise<void>;
}

/**
 * Answers those who run a process that has no API: alive, ready, figures.
 * @throws {ConfigError} for an address that others can reach, without keys
 */
export async function serveOperations(options: OperationsServerOptions): Promise<Stoppable & { metrics: Metrics }> {
  const { config, info, log, dependencies, onStop } = options;
  checkAddress(config);
  const metrics = createMetrics();
  const clockDescription = config.TENURE_CLOCK;
  const keyed = config.TENURE_KEYS !== undefined;
  const server = await buildServer({
    routes: operationRoutes([], {
      dependencies,
      clock: openClock(clockDescription),
      clockDescription,
      metrics,
      info,
      keyed,
    }),
    keys: config.TENURE_KEYS,
    limits: limitsOf(config),
    log,
    metrics: metrics.http,
    awaitPosition: async () => undefined,
    activeTraceparent: () => undefined,
    checkAnswers: false,
  });
  const url = await server.listen({ host: config.TENURE_HOST, port: config.TENURE_PORT });
  return {
    url,
    metrics,
    stop: async () => {
      const finished = await server.close(config.TENURE_GRACE_MS * 0.8);
      await onStop();
      return finished;
    },
  };
}
