import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineRoute, type Route, type RouteDefinition, type RouteRequest } from './route.ts';
import { type Fixture, serve } from './testing/serve.ts';

const done = { 200: { description: 'Done', schema: z.strictObject({ ok: z.boolean() }) } } as const;
type Handler = (request: RouteRequest) => Promise<{ status: 200; body: { ok: boolean } }>;

const route = (
  path: string,
  handler: Handler,
  more: Partial<RouteDefinition<undefined, undefined, undefined, typeof done>> = {},
): Route =>
  defineRoute({
    method: 'POST',
    path,
    operationId: path.slice(1),
    summary: 'Test',
    tags: ['test'],
    scopes: ['test:write'],
    limits: { bodyBytes: 0, timeoutMs: 200 },
    responses: done,
    handler,
    ...more,
  });

/** A route that answers when the test says so. */
function held(path: string, limits: Route['limits'] = { bodyBytes: 0, timeoutMs: 5_000 }) {
  const waiting: (() => void)[] = [];
  const signals: AbortSignal[] = [];
  const handler: Handler = (request) => {
    signals.push(request.signal);
    return new Promise((resolve) => waiting.push(() => resolve({ status: 200, body: { ok: true } })));
  };
  return { route: route(path, handler, { limits }), waiting, signals };
}

async function listen(server: Fixture): Promise<{ url: string; port: number }> {
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url, port: Number(new URL(url).port) };
}

/** Sends bytes as they are, and reads until the server closes. */
async function raw(port: number, text: string, keepOpen = false): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  socket.write(text);
  if (!keepOpen) socket.end();
  await once(socket, 'close');
  return answer;
}

describe('time', () => {
  it('ends: whoever waits too long gets 504, and the handler is told', async () => {
    const { route: slow, signals, waiting } = held('/slow', { bodyBytes: 0, timeoutMs: 150 });
    const server = await serve([slow]);
    const answer = await server.app.inject({ method: 'POST', url: '/slow' });
    expect([answer.statusCode, answer.json().type]).toEqual([504, 'urn:tenure:problem:timeout']);
    expect(signals[0]?.aborted).toBe(true);
    // What the handler says afterwards is dropped.
    waiting[0]?.();
    await expect.poll(server.inFlight).toBe(0);
    expect(server.logged.join()).not.toContain('request failed');
  });

  it('is never longer than the server’s', async () => {
    const { route: slow } = held('/slow', { bodyBytes: 0, timeoutMs: 60_000 });
    const server = await serve([slow], { limits: { timeoutMs: 150 } });
    expect((await server.app.inject({ method: 'POST', url: '/slow' })).statusCode).toBe(504);
  });

  it('ends for a body that trickles in, too', async () => {
    const body = z.strictObject({ a: z.int() });
    const takes = defineRoute({
      ...route('/take', async () => ({ status: 200, body: { ok: true } })),
      limits: { bodyBytes: 100, timeoutMs: 150 },
      body,
      responses: done,
      handler: async () => ({ status: 200, body: { ok: true } }),
    });
    const server = await serve([takes]);
    const { port } = await listen(server);
    const head =
      'POST /take HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n';
    const answer = await raw(port, `${head}{"a`, true);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('urn:tenure:problem:request-timeout');
    expect(server.inFlight()).toBe(0);
  });

  it('does not end an answer that has begun', async () => {
    const route = defineRoute({
      method: 'GET',
      path: '/lines',
      operationId: 'lines',
      summary: 'Lines',
      tags: ['test'],
      scopes: ['test:read'],
      limits: { bodyBytes: 0, timeoutMs: 100 },
      responses: { 200: { description: 'Lines', schema: z.string(), contentTypes: ['text/plain'] } },
      handler: () => ({ status: 200, stream: Readable.from(slowly()) }),
    });
    async function* slowly(): AsyncGenerator<string> {
      const startedAt = performance.now();
      yield 'begun\n';
      await expect.poll(() => performance.now() - startedAt).toBeGreaterThan(350);
      yield 'ended\n';
    }
    const server = await serve([route]);
    const { url } = await listen(server);
    expect(await (await fetch(`${url}/lines`)).text()).toBe('begun\nended\n');
  });
});

describe('room', () => {
  it('I13: ends: what is too much gets 503 with Retry-After at once, and what was let in is served', async () => {
    const { route: slow, waiting } = held('/slow');
    const server = await serve([slow], { limits: { maxConcurrency: 2 } });
    const ask = () => server.app.inject({ method: 'POST', url: '/slow' });
    const first = [ask(), ask()];
    await expect.poll(() => waiting.length).toBe(2);
    const refused = await ask();
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(refused.json().type).toBe('urn:tenure:problem:overloaded');
    for (const answer of waiting) answer();
    expect((await Promise.all(first)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    await expect.poll(server.inFlight).toBe(0);
    const again = ask();
    await expect.poll(() => waiting.length).toBe(3);
    waiting[2]?.();
    expect((await again).statusCode).toBe(200);
  });

  it('I13: has no end for what watches over the process, and is logged once a second, not once a refusal', async () => {
    const { route: slow, waiting } = held('/slow');
    const watch = route('/watch', async () => ({ status: 200, body: { ok: true } }), {
      limits: { bodyBytes: 0, timeoutMs: 5_000, underLoad: 'served' },
    });
    const server = await serve([slow, watch], { limits: { maxConcurrency: 1 } });
    const ask = async (url: string) => (await server.app.inject({ method: 'POST', url })).statusCode;
    const first = ask('/slow');
    await expect.poll(() => waiting.length).toBe(1);
    for (let n = 0; n < 20; n++) expect(await ask('/slow')).toBe(503);
    expect(await ask('/watch')).toBe(200);
    waiting[0]?.();
    expect(await first).toBe(200);
    const lines = server.logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request refused');
    expect(lines).toMatchObject([{ code: 'overloaded', refused: 1 }]);
  });

  it('of one route does not take that of others', async () => {
    const { route: slow, waiting } = held('/slow', { bodyBytes: 0, timeoutMs: 5_000, concurrency: 1 });
    const quick = route('/quick', async () => ({ status: 200, body: { ok: true } }));
    const server = await serve([slow, quick]);
    const first = server.app.inject({ method: 'POST', url: '/slow' });
    await expect.poll(() => waiting.length).toBe(1);
    expect((await server.app.inject({ method: 'POST', url: '/slow' })).statusCode).toBe(503);
    expect((await server.app.inject({ method: 'POST', url: '/quick' })).statusCode).toBe(200);
    waiting[0]?.();
    expect((await first).statusCode).toBe(200);
    const next = server.app.inject({ method: 'POST', url: '/slow' });
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]?.();
    expect((await next).statusCode).toBe(200);
  });

  it('is given back when a client goes away, and its handler is told', async () => {
    const { route: slow, signals, waiting } = held('/slow');
    const server = await serve([slow]);
    const { url } = await listen(server);
    const request = httpRequest(`${url}/slow`, { method: 'POST' });
    request.on('error', () => undefined);
    request.end();
    await expect.poll(() => signals.length).toBe(1);
    expect([signals[0]?.aborted, server.inFlight()]).toEqual([false, 1]);
    request.destroy();
    await expect.poll(server.inFlight).toBe(0);
    expect(signals[0]?.aborted).toBe(true);
    waiting[0]?.();
  });
});

describe('bytes', () => {
  const quick = route('/quick', async () => ({ status: 200, body: { ok: true } }));

  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', 400],
    ['a header with control characters', 'POST /quick HTTP/1.1\r\nhost: localhost\r\nx: a\u0001b\r\n\r\n', 400],
    ['two lengths', 'POST /quick HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    ['no host', 'POST /quick HTTP/1.1\r\n\r\n', 400],
    ['a header without end', `POST /quick HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a method that nobody knows', 'BREW /quick HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['a method that is not ours', 'PROPFIND /quick HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 404],
    ['TRACE', 'TRACE /quick HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 404],
    ['an upgrade', 'POST /quick HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: x\r\n\r\n', 200],
    [
      'an absolute address',
      'POST http://localhost/quick HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
      200,
    ],
  ])('I18: of %s are answered', async (_, text, status) => {
    const server = await serve([quick]);
    const { port } = await listen(server);
    const answer = await raw(port, text, true);
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(server.inFlight()).toBe(0);
  });
});

describe('a server that closes', () => {
  it('finishes what it let in, takes no more, and says so', async () => {
    const { route: slow, waiting } = held('/slow');
    const server = await serve([slow]);
    const { url, port } = await listen(server);
    const first = fetch(`${url}/slow`, { method: 'POST' });
    await expect.poll(() => waiting.length).toBe(1);
    const closed = server.close(5_000);
    await expect
      .poll(() =>
        raw(port, '').then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed');
    waiting[0]?.();
    const answer = await first;
    expect([answer.status, answer.headers.get('connection'), await answer.json()]).toEqual([
      200,
      'close',
      { ok: true },
    ]);
    expect(await closed).toBe(true);
  });

  it('says that it closes to who is still sending', async () => {
    const { route: slow, waiting } = held('/slow');
    const server = await serve([slow]);
    const { url, port } = await listen(server);
    const first = fetch(`${url}/slow`, { method: 'POST' });
    await expect.poll(() => waiting.length).toBe(1);
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.write('POST /slow HTTP/1.1\r\nhost: local');
    await expect
      .poll(() => new Promise((resolve) => server.app.server.getConnections((_, count) => resolve(count))))
      .toBe(2);
    const closed = server.close(5_000);
    socket.write('host\r\n\r\n');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toContain('urn:tenure:problem:shutting-down');
    expect(answer).toMatch(/retry-after: 1\r\n/);
    waiting[0]?.();
    expect((await first).status).toBe(200);
    expect(await closed).toBe(true);
  });

  it('cuts off what outlasts its grace', async () => {
    const { route: slow, signals } = held('/slow');
    const server = await serve([slow]);
    const { url } = await listen(server);
    const first = fetch(`${url}/slow`, { method: 'POST' }).then(
      () => 'answered',
      () => 'cut off',
    );
    await expect.poll(() => signals.length).toBe(1);
    expect(await server.close(50)).toBe(false);
    expect(await first).toBe('cut off');
    expect(signals[0]?.aborted).toBe(true);
  });

  it('asks streams to end', async () => {
    const signals: AbortSignal[] = [];
    const lines = defineRoute({
      ...route('/lines', async () => ({ status: 200, body: { ok: true } })),
      limits: { bodyBytes: 100, timeoutMs: 'stream' },
      bodyStream: { contentType: 'application/x-ndjson', line: z.string() },
      responses: { 200: { description: 'Lines', schema: z.string(), contentTypes: ['application/x-ndjson'] } },
      handler: (request) => {
        signals.push(request.signal);
        return { status: 200, stream: Readable.from(untilAborted(request.signal)) };
      },
    });
    async function* untilAborted(signal: AbortSignal): AsyncGenerator<string> {
      yield '1\n';
      await once(signal, 'abort');
      yield 'stopped\n';
    }
    const server = await serve([lines]);
    const { url } = await listen(server);
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await fetch(`${url}/lines`, { method: 'POST', body: '"a"\n', headers });
    expect(signals[0]?.aborted).toBe(false);
    const closed = server.close(5_000);
    expect(await answer.text()).toBe('1\nstopped\n');
    expect(await closed).toBe(true);
  });
});
