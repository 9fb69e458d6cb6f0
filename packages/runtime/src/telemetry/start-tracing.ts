import { register } from 'node:module';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { enableTracing } from './tracing.ts';

/**
 * Starts the OpenTelemetry SDK for this thread, as the OTEL_ variables say; traces alone, as figures are Prometheus' and
 * logs go to standard output.
 * @returns what sends the last spans and stops
 */
export function startTracing(): () => Promise<void> {
  // Under ESM, libraries are only instrumented if they are loaded through this hook, hence after it.
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const sdk = new NodeSDK({
    // Detectors would tell host, user and command line.
    autoDetectResources: false,
    serviceName: process.env.OTEL_SERVICE_NAME ?? 'tenure',
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  enableTracing();
  return () => sdk.shutdown();
}
