import { FastifyOtelInstrumentation } from '@fastify/otel';
import type { FastifyPluginCallback } from 'fastify';

/**
 * A span for each request, part of the trace that its `traceparent` names. Hooks get none: they would drown it. Paths and
 * messages of errors may hold what belongs to a person, so the route stands for the one and the status for the other.
 */
export function fastifyTracing(): FastifyPluginCallback {
  return new FastifyOtelInstrumentation({
    instrumentHooks: false,
    recordExceptions: false,
    requestHook(span, request) {
      const route = request.routeOptions.url ?? 'unknown';
      span.setAttribute('url.path', route);
      span.updateName(`${request.method} ${route}`);
    },
  }).plugin();
}
