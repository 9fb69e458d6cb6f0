import type { FastifyPluginCallback } from 'fastify';
import type { ApiKey } from '../api-keys.ts';
import type { BaseConfig } from '../base-config.ts';
import type { Log } from '../telemetry/log.ts';
import type { HttpMetrics } from '../telemetry/metrics.ts';
import type { Route } from './route.ts';

export interface ServerLimits {
  readonly maxBodyBytes: number;
  readonly maxConcurrency: number;
  readonly timeoutMs: number;
}

/** What a process is told of them. */
export function limitsOf(config: BaseConfig): ServerLimits {
  return {
    maxBodyBytes: config.TENURE_MAX_BODY_BYTES,
    maxConcurrency: config.TENURE_MAX_CONCURRENCY,
    timeoutMs: config.TENURE_TIMEOUT_MS,
  };
}

export interface ServerOptions {
  readonly routes: readonly Route[];
  /** Without keys only loopback is answered, and everyone there may do everything. */
  readonly keys: readonly ApiKey[] | undefined;
  readonly limits: ServerLimits;
  readonly log: Log;
  readonly metrics: HttpMetrics;
  /** Resolves once the views have the position. @throws {Problem} `position-unknown`, `view-behind` */
  readonly awaitPosition?: (position: string, signal: AbortSignal) => Promise<void>;
  /** Of the span that a request runs in, if it is traced. */
  readonly activeTraceparent?: () => string | undefined;
  /** Makes spans; given when tracing is on. */
  readonly tracing?: FastifyPluginCallback;
  /** Checks every JSON answer against its schema, and fails when it does not fit: for tests. */
  readonly checkAnswers?: boolean;
}

/** `/v1/customers/{id}` in Fastify's words. */
export function fastifyPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
