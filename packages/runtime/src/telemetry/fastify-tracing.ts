import { FastifyOtelInstrumentation } from '@fastify/otel';
import type { FastifyPluginCallback } from 'fastify';

/** A span for each request, part of the trace that its `traceparent` names. Hooks get none: they would drown it. */
export function fastifyTracing(): FastifyPluginCallback {
  return new FastifyOtelInstrumentation({ instrumentHooks: false, instrumentHandler: true }).plugin();
}
