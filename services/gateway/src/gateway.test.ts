import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Problem, problem } from '@tenure/contracts';
import { createApiKey, loadConfig } from '@tenure/runtime';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readDocument } from './api-document.ts';
import { gatewayConfig } from './config.ts';
import { gateway } from './testing/gateway.ts';
import { json, startSmallService } from './testing/small-service.ts';

const { secret: KEY, hash } = createApiKey();

describe('a gateway', () => {
  it('sends each request to the service that has its path and method', async () => {
    const people = await startSmallService({ serves: { '/v1/customers': ['post'], '/v1/customers/{id}': ['patch'] } });
    const views = await startSmallService({
      serves: { '/v1/customers/{id}': ['get'], '/v1/customers/by-key/{source}/{key}': ['get'] },
    });
    const { url } = await gateway({ people, views });
    await fetch(`${url}/v1/customers`, { method: 'POST', body: 'a' });
    await fetch(`${url}/v1/customers/c1?as=is&x=%20`);
    await fetch(`${url}/v1/customers/c1`, { method: 'PATCH', body: 'b' });
    await fetch(`${url}/v1/customers/c1`, { method: 'HEAD' });
    expect(people.asked).toEqual(['POST /v1/customers', 'PATCH /v1/customers/c1']);
    expect(views.asked).toEqual(['GET /v1/customers/c1?as=is&x=%20', 'HEAD /v1/customers/c1']);
  });

  it('leaves a path as it is, however odd', async () => {
    const views = await startSmallService({ serves: { '/v1/by-key/{source}/{key}': ['get'] } });
    const { url } = await gateway({ views });
    const { port } = new URL(url);
    const paths = ['/v1/by-key/s/a%2F..%2Fb', '/v1/by-key/%2e%2e/%C3%A9', `/v1/by-key/s/${'%E4%B8%AD'.repeat(200)}`];
    for (const path of paths) {
      const asking = request({ host: '127.0.0.1', port, path }).end();
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode, path).toBe(200);
    }
    expect(views.asked).toEqual(paths.map((path) => `GET ${path}`));
  });

  it('passes headers, status and bodies both ways and adds nothing', async () => {
    let heard: IncomingMessage['headers'] = {};
    const answer = (asked: IncomingMessage, response: ServerResponse): void => {
      heard = asked.headers;
      response.writeHead(207, {
        'content-type': 'application/json; charset=utf-8',
        etag: '"3"',
        'set-cookie': ['a=1', 'b=2'],
        'keep-alive': 'timeout=99',
      });
      asked.pipe(response);
    };
    const people = await startSmallService({ serves: { '/v1/customers': ['post'] }, answer });
    const { url } = await gateway({ people });
    const sent = {
      'content-type': 'application/json',
      'content-length': '11',
      'idempotency-key': 'k1',
      'x-api-key': 'secret',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'tenure-min-position': 'abc',
    };
    const { host, hostname, port } = new URL(url);
    const asking = request({
      host: hostname,
      port,
      path: '/v1/customers',
      method: 'POST',
      headers: { ...sent, connection: 'x-hop', 'x-hop': '1' },
    });
    asking.end('{"a": "ä"}');
    const [answered] = (await once(asking, 'response')) as [IncomingMessage];
    expect(await text(answered)).toBe('{"a": "ä"}');
    expect(answered.statusCode).toBe(207);
    const { date, connection: _own, 'keep-alive': _hop, ...headers } = answered.headers;
    expect(headers).toEqual({
      'content-type': 'application/json; charset=utf-8',
      etag: '"3"',
      'set-cookie': ['a=1', 'b=2'],
      'transfer-encoding': 'chunked',
    });
    expect(date).toEqual(expect.any(String));
    expect(_hop).not.toBe('timeout=99');
    const { connection: _ours, ...received } = heard;
    expect(received).toEqual({ ...sent, host });
  });

  it('passes lines on as they come, both ways at once', async () => {
    const lines = await startSmallService({ serves: { '/v1/facts/batch': ['post'] } });
    const { url } = await gateway({ lines });
    const asking = request(`${url}/v1/facts/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    asking.write('{"line":1}\n');
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    const heard: string[] = [];
    for (const line of ['{"line":1}\n', '{"line":2}\n', '{"line":3}\n']) {
      const [bytes] = (await once(answer, 'data')) as [Buffer];
      heard.push(String(bytes));
      expect(heard.at(-1)).toBe(line);
      if (heard.length < 3) asking.write(`{"line":${heard.length + 1}}\n`);
    }
    asking.end();
    await once(answer, 'end');
  });

  it('passes on that an answer has begun before there is anything in it', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<ServerResponse>();
    const slow = await startSmallService({
      serves: { '/v1/list': ['get'] },
      answer: (_asked, response) => {
        response.writeHead(200, { 'content-type': 'text/csv' }).flushHeaders();
        begin(response);
      },
    });
    const { url } = await gateway({ slow });
    const answer = await fetch(`${url}/v1/list`);
    (await begun).end('a,b\n');
    expect(await answer.text()).toBe('a,b\n');
  });

  it('holds a client up that sends more than its service takes', async () => {
    const stuck = await startSmallService({ serves: { '/v1/facts/batch': ['post'] }, answer: () => undefined });
    // Whoever is held up and goes is noticed when the service takes more, or when the gateway stops.
    const { url } = await gateway({ stuck }, { TENURE_GRACE_MS: '50' });
    const asking = request(`${url}/v1/facts/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    asking.on('error', () => undefined);
    onTestFinished(() => void asking.destroy());
    const chunk = Buffer.alloc(1024 * 1024, '\n');
    // Far more than sockets and streams hold on the way; each piece goes once the one before has left this process.
    let sentMiB = 0;
    const left = () => new Promise<boolean>((done) => asking.write(chunk, () => done(true)));
    const stalled = new Promise<boolean>((done) => setTimeout(() => done(false), 1_000));
    while (sentMiB < 512 && (await Promise.race([left(), stalled]))) sentMiB += 1;
    expect(sentMiB).toBeLessThan(128);
  });

  it('lets go of a service when its client has gone', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const slow = await startSmallService({
      serves: { '/v1/slow': ['get'] },
      answer: (_asked, response) => {
        response.once('close', () => resolve());
        begin();
      },
    });
    const { url } = await gateway({ slow });
    const asking = request(`${url}/v1/slow`).end();
    asking.on('error', () => undefined);
    await begun;
    asking.destroy();
    await gone;
  });

  it('cuts an answer off that its service does not finish', async () => {
    const broken = await startSmallService({
      serves: { '/v1/list': ['get'] },
      answer: (_asked, response) => {
        response.writeHead(200, { 'content-type': 'text/csv' });
        response.write('a,b\n', () => response.destroy());
      },
    });
    const { url } = await gateway({ broken });
    const answer = await fetch(`${url}/v1/list`);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it('does not ask again when a service says that it is overloaded', async () => {
    const busy = await startSmallService({
      serves: { '/v1/list': ['get'] },
      answer: (_asked, response) => json(response, 503, { type: 'urn:tenure:problem:overloaded' }),
    });
    const { url } = await gateway({ busy });
    const answer = await fetch(`${url}/v1/list`);
    expect([answer.status, await answer.json()]).toEqual([503, { type: 'urn:tenure:problem:overloaded' }]);
    expect(busy.asked).toEqual(['GET /v1/list']);
  });

  it('answers problems for what nobody has', async () => {
    const people = await startSmallService({ serves: { '/v1/customers': ['post', 'get'] } });
    const { url } = await gateway({ people });
    const unknown = await fetch(`${url}/v1/nothing`);
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toBe('application/problem+json');
    expect(await unknown.json()).toMatchObject({ type: 'urn:tenure:problem:not-found', status: 404 });
    const other = await fetch(`${url}/v1/customers`, { method: 'DELETE' });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, POST, HEAD']);
    expect((await fetch(`${url}/v1/%E0%A4%A`)).status).toBe(400);
    expect(people.asked).toEqual([]);
  });

  it('answers 503 for a service that is away, by its name, and goes on with the others', async () => {
    const people = await startSmallService({ serves: { '/v1/customers': ['post'] } });
    const views = await startSmallService({ serves: { '/v1/list': ['get'] } });
    const { url } = await gateway({ people, views });
    await people.stop();
    const answer = await fetch(`${url}/v1/customers`, { method: 'POST', body: 'a body' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toEqual({
      type: 'urn:tenure:problem:service-unavailable',
      title: 'A service cannot be reached',
      status: 503,
      detail: 'The service people cannot be reached',
      service: 'people',
    });
    expect((await fetch(`${url}/v1/list`)).status).toBe(200);
    expect(await readiness(url)).toEqual([503, { people: 'it cannot be reached', views: 'ok' }]);
  });

  it('answers 503 to a client that is still sending', async () => {
    const away = await startSmallService({ serves: { '/v1/facts/batch': ['post'] } });
    const { url } = await gateway({ away });
    await away.stop();
    const asking = request(`${url}/v1/facts/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    onTestFinished(() => void asking.destroy());
    asking.write('{"line":1}\n');
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers.connection]).toEqual([503, 'close']);
    expect(await text(answer)).toContain('The service away cannot be reached');
  });

  it('says that it is not known what was done when a service breaks off', async () => {
    const people = await startSmallService({
      serves: { '/v1/customers': ['post'] },
      answer: (asked) => void asked.once('data', () => asked.destroy()),
    });
    const { url } = await gateway({ people });
    const answer = await fetch(`${url}/v1/customers`, { method: 'POST', body: 'a body' });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      detail: 'The service people broke off; it is not known whether it has done this',
    });
  });

  it('answers 504 for a service that says nothing', async () => {
    const people = await startSmallService({ serves: { '/v1/customers': ['post'] }, answer: () => undefined });
    const { url } = await gateway({ people }, { TENURE_TIMEOUT_MS: '100' });
    const answer = await fetch(`${url}/v1/customers`, { method: 'POST', body: 'a body' });
    expect([answer.status, (await problemOf(answer)).type]).toEqual([504, 'urn:tenure:problem:timeout']);
  });

  it('learns from a service that comes later, and again when it is another', async () => {
    const views = await startSmallService({ serves: { '/v1/list': ['get'] } });
    const early = await startSmallService({ serves: {} });
    await early.stop();
    const { url } = await gateway({ people: early, views });
    const before = await fetch(`${url}/v1/customers`, { method: 'POST' });
    expect([before.status, (await problemOf(before)).service]).toEqual([503, 'people']);

    const people = await startSmallService({ serves: { '/v1/customers': ['post'] }, port: early.port });
    await vi.waitFor(async () => expect((await fetch(`${url}/v1/customers`, { method: 'POST' })).status).toBe(200));
    expect((await fetch(`${url}/v1/nothing`)).status).toBe(404);
    await people.stop();
    await startSmallService({ serves: { '/v1/clients': ['post'] }, port: early.port });
    await vi.waitFor(async () => expect((await fetch(`${url}/v1/clients`, { method: 'POST' })).status).toBe(200));
    expect((await fetch(`${url}/v1/customers`, { method: 'POST' })).status).toBe(404);
  });

  it('is ready when all services are', async () => {
    const dependencies = { 'event-store': 'it is away', views: 'ok' };
    const people = await startSmallService({ serves: {}, readiness: { status: 'not-ready', dependencies } });
    const views = await startSmallService({ serves: {} });
    const alone = await gateway({ views });
    expect(await readiness(alone.url)).toEqual([200, { views: 'ok' }]);
    const { url } = await gateway({ people, views });
    expect(await readiness(url)).toEqual([503, { people: 'it is not ready: event-store: it is away', views: 'ok' }]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('shows one document of all services, and its own figures', async () => {
    const schemas = {
      Same: { type: 'string' },
      Other: { type: 'number' },
      User: { $ref: '#/components/schemas/Other' },
    };
    const people = await startSmallService({ serves: { '/v1/customers': ['post'] }, schemas });
    const views = await startSmallService({
      serves: { '/v1/customers': ['get'] },
      schemas: { ...schemas, Other: { type: 'boolean' } },
    });
    const { url } = await gateway({ people, views });
    const answer = await fetch(`${url}/openapi.json`);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const api = readDocument(await answer.text());
    expect(Object.keys(api.paths).toSorted()).toEqual(
      ['/docs', '/healthz', '/metrics', '/openapi.json', '/readyz', '/v1/customers'].toSorted(),
    );
    expect(Object.keys(api.paths['/v1/customers'] ?? {}).toSorted()).toEqual(['get', 'post']);
    expect(api.components.schemas).toMatchObject({
      Same: { type: 'string' },
      Other: { type: 'number' },
      User: { $ref: '#/components/schemas/Other' },
      ViewsOther: { type: 'boolean' },
      ViewsUser: { $ref: '#/components/schemas/ViewsOther' },
    });
    expect(api.info.title).toBe('Tenure');

    await fetch(`${url}/v1/customers`);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('operation="getAt_v1_customers",status="200"');
    expect((await fetch(`${url}/docs`)).status).toBe(200);
  });

  it('asks which service is meant where each has its own', async () => {
    const serves = { '/v1/parked': ['get'] };
    const people = await startSmallService({ serves });
    const views = await startSmallService({ serves });
    const { url } = await gateway({ people, views });
    const vague = await fetch(`${url}/v1/parked`);
    expect([vague.status, (await problemOf(vague)).errors]).toEqual([
      422,
      [{ pointer: '/Tenure-Service', detail: 'must be one of people, views' }],
    ]);
    await fetch(`${url}/v1/parked`, { headers: { 'Tenure-Service': 'views' } });
    expect([people.asked, views.asked]).toEqual([[], ['GET /v1/parked']]);
    const { paths } = readDocument(await (await fetch(`${url}/openapi.json`)).text());
    expect(paths['/v1/parked']?.get?.parameters).toMatchObject([
      { name: 'Tenure-Service', in: 'header', required: true, schema: { enum: ['people', 'views'] } },
    ]);
  });

  it('finishes what is at work when it stops, and takes no more', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<ServerResponse>();
    const slow = await startSmallService({
      serves: { '/v1/slow': ['get'] },
      answer: (_asked, response) => begin(response),
    });
    const running = await gateway({ slow });
    const answer = fetch(`${running.url}/v1/slow`);
    const response = await begun;
    const stopped = running.stop();
    await expect(fetch(`${running.url}/healthz`)).rejects.toThrow();
    response.end('in the end');
    expect(await (await answer).text()).toBe('in the end');
    expect(await stopped).toBe(true);
  });

  it('cuts off what is not finished in time', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const slow = await startSmallService({ serves: { '/v1/slow': ['get'] }, answer: () => begin() });
    const running = await gateway({ slow }, { TENURE_GRACE_MS: '50' });
    const answer = fetch(`${running.url}/v1/slow`);
    const failed = expect(answer).rejects.toThrow();
    await begun;
    expect(await running.stop()).toBe(false);
    await failed;
  });

  it('takes no more at once than it may', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<ServerResponse>();
    const slow = await startSmallService({
      serves: { '/v1/slow': ['get'] },
      answer: (_asked, response) => begin(response),
    });
    const { url } = await gateway({ slow }, { TENURE_MAX_CONCURRENCY: '1' });
    const first = fetch(`${url}/v1/slow`);
    const response = await begun;
    const second = await fetch(`${url}/v1/slow`);
    expect([second.status, (await problemOf(second)).type]).toEqual([503, 'urn:tenure:problem:overloaded']);
    response.end();
    expect((await first).status).toBe(200);
  });

  it('answers what is no HTTP with a problem', async () => {
    const views = await startSmallService({ serves: {} });
    const { url } = await gateway({ views });
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
    socket.write('this is no request\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 bad-request\r\n.*urn:tenure:problem:bad-request/s);
  });
});

describe('who may ask', () => {
  const keys = (scopes: readonly string[]) => JSON.stringify([{ id: 'gateway', hash, scopes }]);

  it('leaves it to the services to ask for keys, and asks for them itself for what is its own', async () => {
    const people = await startSmallService({ serves: { '/v1/customers': ['get'] }, key: KEY });
    const { url } = await gateway({ people }, { TENURE_KEYS: keys(['*']), TENURE_UPSTREAM_KEY: KEY });
    const headers = { authorization: `Bearer ${KEY}` };
    for (const path of ['/v1/customers', '/openapi.json', '/metrics']) {
      expect((await fetch(`${url}${path}`)).status, path).toBe(401);
      expect((await fetch(`${url}${path}`, { headers })).status, path).toBe(200);
    }
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('stands before no service without keys where others can reach it', async () => {
    const people = await startSmallService({ serves: { '/v1/customers': ['get'] } });
    const env = { TENURE_KEYS: keys(['*']), TENURE_UPSTREAM_KEY: KEY };
    const { url } = await gateway({ people }, env);
    expect((await fetch(`${url}/v1/customers`)).status).toBe(503);
    expect(await readiness(url)).toEqual([503, { people: expect.stringContaining('asks for no API keys') }]);
    expect(people.asked).toEqual([]);
  });

  it('refuses without keys what a page elsewhere could make a browser ask', async () => {
    const people = await startSmallService({ serves: { '/v1/customers': ['get'] } });
    const { port } = new URL((await gateway({ people })).url);
    for (const headers of [{ host: 'elsewhere.example' }, { origin: 'https://elsewhere.example' }]) {
      const asking = request({ host: '127.0.0.1', port, path: '/openapi.json', headers }).end();
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      expect([answer.statusCode, await text(answer)]).toEqual([403, expect.stringContaining('wrong-host')]);
    }
  });

  it('does not start with a key that it does not know itself', async () => {
    const people = await startSmallService({ serves: {}, key: KEY });
    await expect(gateway({ people }, { TENURE_KEYS: keys(['facts:write']), TENURE_UPSTREAM_KEY: KEY })).rejects.toThrow(
      /TENURE_UPSTREAM_KEY.*docs:read.*403/,
    );
  });
});

describe('its configuration', () => {
  const read = (env: Record<string, string>) => loadConfig(gatewayConfig, env);

  it.each([
    ['profile', /is none of the form name=http/],
    ['profile=ftp://a:1', /is none of the form/],
    ['profile=http://a:1/path', /is none of the form/],
    ['profile=http://a:1,profile=http://b:1', /"profile" is there twice/],
    ['gateway=http://a:1', /the name of the gateway itself/],
  ])('refuses %s', (upstreams, fault) => {
    expect(() => read({ TENURE_UPSTREAMS: upstreams })).toThrow(fault);
  });

  it('needs upstreams, and keys where others can reach it', () => {
    expect(() => read({})).toThrow(/TENURE_UPSTREAMS: is required/);
    const upstreams = { TENURE_UPSTREAMS: 'profile=http://profile:8080, audit=https://audit' };
    expect(read(upstreams).TENURE_UPSTREAMS).toEqual([
      { name: 'profile', origin: 'http://profile:8080' },
      { name: 'audit', origin: 'https://audit' },
    ]);
    expect(() => read({ ...upstreams, TENURE_HOST: '0.0.0.0' })).toThrow(/TENURE_HOST: without TENURE_KEYS/);
  });
});

async function readiness(url: string): Promise<[number, unknown]> {
  const answer = await fetch(`${url}/readyz`);
  const { dependencies } = (await answer.json()) as { dependencies: unknown };
  return [answer.status, dependencies];
}

async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  return problem.parse(await answer.json());
}
