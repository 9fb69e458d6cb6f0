import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../process/fixtures/main.ts', import.meta.url));

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** A collector that keeps spans: OTLP over HTTP, as JSON. */
async function collect(): Promise<{ readonly url: string; readonly spans: Span[]; readonly server: Server }> {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      for (const resource of JSON.parse(body).resourceSpans) {
        for (const scope of resource.scopeSpans) spans.push(...scope.spans);
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, server };
}

let directory: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-traces-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

describe('traces', () => {
  it('lead from the request through the append to the views, and stand in the event', async () => {
    const { url: collector, spans, server } = await collect();
    child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env.PATH,
        TENURE_PORT: '0',
        TENURE_DATA: directory,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += String(chunk);
    });
    await expect.poll(() => output, { timeout: 20_000 }).toContain('"msg":"ready"');
    const url = /"at":"(http[^"]+)"/.exec(output)?.[1] ?? '';

    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-correlation-id': 'story-1' };
    const answer = await fetch(`${url}/v1/notes/secret-name`, { method: 'POST', headers });
    expect(answer.status).toBe(202);
    const own = (): readonly Span[] => spans.filter((span) => span.traceId === traceId);
    await expect
      .poll(() => own().map(({ name }) => name), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(['append', 'consume views']));
    const request = own().find(({ parentSpanId }) => parentSpanId === '00f067aa0ba902b7');
    const ancestors = (span: Span | undefined): readonly (string | undefined)[] =>
      span === undefined ? [] : [span.spanId, ...ancestors(own().find(({ spanId }) => spanId === span.parentSpanId))];
    expect(ancestors(own().find(({ name }) => name === 'append'))).toContain(request?.spanId);
    expect(JSON.stringify(spans)).not.toContain('secret-name');

    child.kill('SIGTERM');
    await once(child, 'exit');
    server.close();
    const store = await openSqliteEventStore({ directory });
    const event = (await store.readAll({ limit: 10 })).find(({ type }) => type === 'FollowUpMoved');
    await store.close();
    expect(event?.metadata).toMatchObject({ correlationId: 'story-1', traceparent: expect.stringContaining(traceId) });
  });
});
