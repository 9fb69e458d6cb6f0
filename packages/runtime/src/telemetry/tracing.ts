import { type Attributes, context, isSpanContextValid, propagation, SpanStatusCode, trace } from '@opentelemetry/api';

let enabled = false;

/** Called where the SDK has been started; before, and without it, nothing here costs anything. */
export function enableTracing(): void {
  enabled = true;
}

export function isTracing(): boolean {
  return enabled;
}

/**
 * Runs work in a span. `traceparent` makes it part of another thread's or process's trace, such as that of the request
 * that an event's metadata names; without it, of the trace that is active. Attributes must hold no personal data.
 */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: () => Promise<T>,
  traceparent?: string,
): Promise<T> {
  if (!enabled) return work();
  const parent = traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent });
  return trace.getTracer('tenure').startActiveSpan(name, { attributes }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      // Only the kind of error: its message may name what belongs to a person.
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Of one delivery, so that a bulk import does not drown the collector. */
const MOST_TRACES = 50;

/**
 * Runs work that many requests led to: each of their traces, named by the events' `traceparent`, gets a span of it.
 */
export async function inSpans<T>(
  name: string,
  attributes: Attributes,
  traceparents: Iterable<string | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  if (!enabled) return work();
  const tracer = trace.getTracer('tenure');
  const distinct = [...new Set(traceparents)].filter((one) => one !== undefined).slice(0, MOST_TRACES);
  const spans = distinct.map((traceparent) =>
    tracer.startSpan(name, { attributes }, propagation.extract(context.active(), { traceparent })),
  );
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.name : 'error';
    for (const span of spans) span.setStatus({ code: SpanStatusCode.ERROR, message });
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

/** W3C trace context of the active span, to be kept in what it causes. */
export function activeTraceparent(): string | undefined {
  if (!enabled) return undefined;
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}
