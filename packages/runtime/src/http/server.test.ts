import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Problem } from './problem.ts';
import { defineRoute } from './route.ts';
import { serve } from './testing/serve.ts';

const thing = z.strictObject({
  name: z.string().min(1),
  lines: z.array(z.strictObject({ amountMinor: z.int() })).default([]),
  extra: z.record(z.string(), z.unknown()).optional(),
});

const makeThing = defineRoute({
  method: 'POST',
  path: '/v1/things/{id}',
  operationId: 'makeThing',
  summary: 'Make a thing',
  tags: ['things'],
  scopes: ['things:write'],
  limits: { bodyBytes: 2_000, timeoutMs: 1_000 },
  params: z.strictObject({ id: z.string().max(200) }),
  query: z.strictObject({ twice: z.enum(['yes', 'no']).optional() }),
  body: thing,
  responses: {
    202: { description: 'Made', schema: z.strictObject({ id: z.string(), name: z.string(), lines: z.int() }) },
    200: { description: 'Known', schema: z.strictObject({ id: z.string() }) },
  },
  handler: async ({ params, query, body }) =>
    query.twice === 'yes'
      ? { status: 200, text: JSON.stringify({ id: params.id }), headers: { etag: '"1"', 'x-absent': undefined } }
      : { status: 202, body: { id: params.id, name: body.name, lines: body.lines.length } },
});

const readThing = defineRoute({
  method: 'GET',
  path: '/v1/things/{id}',
  operationId: 'readThing',
  summary: 'Read a thing',
  tags: ['things'],
  scopes: ['things:read'],
  limits: { bodyBytes: 0, timeoutMs: 1_000 },
  params: z.strictObject({ id: z.string() }),
  responses: { 200: { description: 'It', schema: z.strictObject({ id: z.string() }) } },
  handler: ({ params }) => {
    if (params.id === 'gone') throw new Problem('not-found', 'There is no such thing');
    if (params.id === 'odd') return { status: 200, text: '{"id":1}' };
    if (params.id === 'broken') throw new Error('a secret of ours');
    return { status: 200, body: { id: params.id } };
  },
});

const closeThing = defineRoute({
  method: 'POST',
  path: '/v1/things/{id}/close',
  operationId: 'closeThing',
  summary: 'Close a thing',
  tags: ['things'],
  scopes: ['things:write'],
  limits: { bodyBytes: 0, timeoutMs: 1_000 },
  params: z.strictObject({ id: z.string() }),
  responses: { 204: { description: 'Closed', schema: null } },
  handler: () => ({ status: 204, body: undefined }),
});

const routes = [makeThing, readThing, closeThing];
const post = (payload: unknown, more: InjectOptions = {}): InjectOptions => ({
  method: 'POST',
  url: '/v1/things/a',
  headers: { 'content-type': 'application/json' },
  payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
  ...more,
});

async function answer(options: InjectOptions | string) {
  const { app } = await serve(routes);
  const { statusCode, headers, body } = await app.inject(options);
  return { status: statusCode, headers, text: body, body: body === '' ? undefined : JSON.parse(body) };
}

describe('a route', () => {
  it('gets its parts checked, defaults filled in', async () => {
    const { status, headers, body } = await answer(post({ name: 'x' }));
    expect(status).toBe(202);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body).toEqual({ id: 'a', name: 'x', lines: 0 });
  });

  it('answers with text and headers of its own', async () => {
    const { status, headers, body } = await answer(post({ name: 'x' }, { url: '/v1/things/b?twice=yes' }));
    expect([status, headers.etag, body]).toEqual([200, '"1"', { id: 'b' }]);
    expect(headers).not.toHaveProperty('x-absent');
  });

  it('can be without a body in both directions', async () => {
    for (const options of [{}, { headers: { 'content-type': 'application/json' } }, { payload: {} }]) {
      const { status, text } = await answer({ method: 'POST', url: '/v1/things/a/close', ...options });
      expect([status, text]).toEqual([204, '']);
    }
    expect((await answer(post({ a: 1 }, { url: '/v1/things/a/close' }))).status).toBe(422);
  });

  it('has its answers checked in tests', async () => {
    const { app, logged } = await serve(routes);
    expect((await app.inject('/v1/things/odd')).statusCode).toBe(500);
    expect(logged.join()).toContain('readThing 200');
    expect((await (await serve(routes, { checkAnswers: false })).app.inject('/v1/things/odd')).statusCode).toBe(200);
  });

  it('is read by HEAD as by GET', async () => {
    const { status, headers, text } = await answer({ method: 'HEAD', url: '/v1/things/a' });
    expect([status, headers['content-length'], text]).toEqual([200, '10', '']);
  });
});

describe('problems', () => {
  it('are RFC 9457, and name every field', async () => {
    const { status, headers, body } = await answer(
      post({ lines: [{ amountMinor: 1 }, { amountMinor: 1.5 }], 'a/b~c': 1 }),
    );
    expect(status).toBe(422);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject({ type: 'urn:tenure:problem:invalid', status: 422, title: expect.any(String) });
    expect(body.instance).toMatch(/^urn:tenure:request:[0-9a-f]{32}$/);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/a~1b~0c',
      '/lines/1/amountMinor',
      '/name',
    ]);
  });

  it.each([
    ['a body that is no JSON', post('{'), 400, 'not-json'],
    ['no body', post('', {}), 400, 'not-json'],
    ['a body without a type', { method: 'POST', url: '/v1/things/a', headers: {} }, 400, 'not-json'],
    ['bytes that are no UTF-8', post(Buffer.from([0x22, 0xff, 0xfe, 0x22])), 400, 'not-json'],
    ['a key that reaches for the prototype', post('{"name":"x","__proto__":{"a":1}}'), 400, 'not-json'],
    ['a key that reaches for the constructor', post('{"name":"x","constructor":{"prototype":{}}}'), 400, 'not-json'],
    ['NUL in a text', post('{"name":"a\\u0000b"}'), 422, 'invalid'],
    ['NUL in a name', post('{"name":"x","extra":{"a\\u0000":1}}'), 422, 'invalid'],
    ['half a character', post('{"name":"\\ud800"}'), 422, 'invalid'],
    ['a number beyond all numbers', post('{"name":"x","lines":[{"amountMinor":1e999}]}'), 422, 'invalid'],
    ['a number that is not exact', post('{"name":"x","lines":[{"amountMinor":9007199254740993}]}'), 422, 'invalid'],
    ['an array for an object', post('[]'), 422, 'invalid'],
    ['depth', post(`{"name":${'['.repeat(900)}${']'.repeat(900)}}`), 422, 'invalid'],
    ['an unknown parameter', { url: '/v1/things/a?x=1' }, 422, 'invalid'],
    ['an unknown parameter beside known ones', post({ name: 'x' }, { url: '/v1/things/a?x=1' }), 422, 'invalid'],
    ['a parameter twice', post({ name: 'x' }, { url: '/v1/things/a?twice=yes&twice=yes' }), 422, 'invalid'],
    ['a parameter named after the prototype', { url: '/v1/things/a?__proto__=1' }, 422, 'invalid'],
    ['a path that cannot be decoded', { url: '/v1/things/%ff' }, 400, 'bad-request'],
    ['NUL in a path', { url: '/v1/things/a%00' }, 400, 'bad-request'],
    ['a long parameter', { url: `/v1/things/${'a'.repeat(5_000)}` }, 414, 'uri-too-long'],
    ['an unknown path', { url: '/v1/nothing' }, 404, 'not-found'],
    ['an unknown path with a body', post('{', { url: '/v1/nothing' }), 404, 'not-found'],
    ['what its handler does not find', { url: '/v1/things/gone' }, 404, 'not-found'],
    ['another method', { method: 'DELETE', url: '/v1/things/a' }, 405, 'method-not-allowed'],
    [
      'a media type that nobody gives',
      { url: '/v1/things/a', headers: { accept: 'image/png' } },
      406,
      'not-acceptable',
    ],
    ['a large body', post({ name: 'x'.repeat(3_000) }), 413, 'too-large'],
    [
      'another media type',
      post('a=1', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
      'unsupported-media-type',
    ],
    [
      'a malformed media type',
      post('{}', { headers: { 'content-type': 'application/json/x' } }),
      415,
      'unsupported-media-type',
    ],
    [
      'another character set',
      post('{}', { headers: { 'content-type': 'application/json; charset=utf-16' } }),
      415,
      'unsupported-media-type',
    ],
    [
      'a packed body',
      post('{}', { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }),
      415,
      'unsupported-media-type',
    ],
    [
      'an idempotency key of spaces',
      post({ name: 'x' }, { headers: { 'content-type': 'application/json', 'idempotency-key': 'a b' } }),
      422,
      'invalid',
    ],
    [
      'an idempotency key without end',
      post({ name: 'x' }, { headers: { 'content-type': 'application/json', 'idempotency-key': 'a'.repeat(201) } }),
      422,
      'invalid',
    ],
    [
      'an If-Match that is no tag',
      post({ name: 'x' }, { headers: { 'content-type': 'application/json', 'if-match': '3' } }),
      422,
      'invalid',
    ],
  ] as const)('tell of %s', async (_, options, status, code) => {
    const { body, headers, ...given } = await answer(options as InjectOptions);
    expect(given.status, given.text).toBe(status);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body.type).toBe(`urn:tenure:problem:${code}`);
    expect(body.status).toBe(status);
  });

  it('name the methods that a path has', async () => {
    const { headers } = await answer({ method: 'PUT', url: '/v1/things/a', payload: 'x' });
    expect(headers.allow).toBe('POST, GET, HEAD');
  });

  it('say nothing of an error that nobody foresaw, and the log does', async () => {
    const { app, logged } = await serve(routes);
    const { statusCode, body } = await app.inject('/v1/things/broken');
    expect(statusCode).toBe(500);
    expect(body).not.toContain('secret of ours');
    const id = JSON.parse(body).instance.split(':').pop();
    const line = logged.find((text) => text.includes('request failed')) ?? '';
    expect(line).toContain('a secret of ours');
    expect(line).toContain(id);
    expect(line).not.toContain('/v1/things/broken');
  });
});

describe('figures', () => {
  it('are kept by operation and status', async () => {
    const { app, metrics } = await serve(routes);
    await app.inject(post({ name: 'x' }));
    await app.inject(post({ name: '' }));
    await app.inject('/v1/things/gone');
    const text = await metrics.render();
    expect(text).toContain('tenure_http_request_duration_seconds_count{operation="makeThing",status="202"} 1');
    expect(text).toContain('tenure_http_request_duration_seconds_count{operation="makeThing",status="422"} 1');
    expect(text).toContain('tenure_http_request_duration_seconds_count{operation="readThing",status="404"} 1');
  });
});
