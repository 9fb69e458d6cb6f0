/**
 * Traces, if OTEL_EXPORTER_OTLP_ENDPOINT is set; else nothing is loaded. Import it before all else in each thread, or
 * have Node do so: `node --import @tenure/runtime/otel main.ts`.
 */
const stop =
  (process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '') === ''
    ? undefined
    : (await import('./start-tracing.ts')).startTracing();

/** Sends the last spans of this thread. */
export async function stopTracing(): Promise<void> {
  await stop?.();
}
