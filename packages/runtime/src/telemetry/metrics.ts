import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the HTTP server measures. */
export interface HttpMetrics {
  /** For one operation; call it once a request, with how long it took. */
  observer(operationId: string): (status: number, durationMs: number) => void;
}

/** All that `/metrics` shows. */
export interface Metrics {
  readonly http: HttpMetrics;
  /** One command's events, until they were durable. */
  append(durationMs: number): void;
  /** A value that is read when somebody looks. `read` must be cheap. */
  gauge(name: string, help: string, read: () => number): void;
  /** Counts things of several kinds; all of them are shown from the start. */
  counter<Kind extends string>(
    name: string,
    help: string,
    label: string,
    kinds: readonly Kind[],
  ): (kind: Kind, by: number) => void;
  /** In the Prometheus text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  // Event loop lag, memory, garbage collection, CPU.
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'tenure_http_request_duration_seconds',
    help: 'From the headers of a request to the end of its answer',
    labelNames: ['operation', 'status'] as const,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const appends = new Histogram({
    name: 'tenure_append_duration_seconds',
    help: 'From the append of a command to the answer that it is durable',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  return {
    http: {
      observer(operation) {
        const byStatus = new Map<number, Histogram.Internal<'operation' | 'status'>>();
        return (status, durationMs) => {
          let child = byStatus.get(status);
          if (child === undefined) {
            child = requests.labels({ operation, status: String(status) });
            byStatus.set(status, child);
          }
          child.observe(durationMs / 1000);
        };
      },
    },
    append: (durationMs) => appends.observe(durationMs / 1000),
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    counter(name, help, label, kinds) {
      const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
      for (const kind of kinds) counter.inc({ [label]: kind }, 0);
      return (kind, by) => counter.inc({ [label]: kind }, by);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
