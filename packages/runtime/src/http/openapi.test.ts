import { purchaseBody } from '@tenure/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createManualClock } from '../clock.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { writeResponses } from './answers.ts';
import { openApiDocument } from './openapi.ts';
import { operationRoutes } from './operations.ts';
import { defineRoute } from './route.ts';
import { serve } from './testing/serve.ts';

const page = z.preprocess((value) => (typeof value === 'string' ? Number(value) : value), z.int().min(1).max(9));
const withDefault = z.strictObject({ a: z.string().default('x') }).meta({ id: 'Defaulted' });
const routes = [
  defineRoute({
    method: 'POST',
    path: '/v1/purchases/{id}',
    operationId: 'recordPurchase',
    summary: 'Record',
    tags: ['purchases'],
    scopes: ['facts:write'],
    limits: { bodyBytes: 1_000, timeoutMs: 1_000 },
    params: z.strictObject({ id: z.string().describe('Which') }),
    query: z.strictObject({ page: page.optional(), from: z.string().describe('Whence') }),
    body: purchaseBody,
    responses: writeResponses,
    problems: ['conflict'],
    ifMatch: true,
    handler: () => ({ status: 200, text: '{}' }),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/things',
    operationId: 'readThings',
    summary: 'Things',
    tags: ['things'],
    scopes: ['things:read'],
    limits: { bodyBytes: 0, timeoutMs: 1_000 },
    awaitsPosition: true,
    responses: { 200: { description: 'Things', schema: z.array(withDefault) } },
    handler: () => ({ status: 200, body: [] }),
  }),
  defineRoute({
    method: 'PUT',
    path: '/v1/things',
    operationId: 'putThings',
    summary: 'Things',
    tags: ['things'],
    scopes: ['things:write'],
    limits: { bodyBytes: 10, timeoutMs: 1_000 },
    body: withDefault,
    responses: { 204: { description: 'Put', schema: null } },
    handler: () => ({ status: 204, body: undefined }),
  }),
];
const info = { title: 'Tenure', version: '0.1.0', description: 'Histories' };

// biome-ignore lint/suspicious/noExplicitAny: the document is what is looked at
const document = JSON.parse(JSON.stringify(openApiDocument(routes, info))) as any;

describe('the OpenAPI document', () => {
  it('is of version 3.1 and names the schemas that it shares', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.components.schemas)).toContain('Purchase');
    expect(document.components.schemas.Purchase.additionalProperties).toBe(false);
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
    for (const [, name] of references) expect(document.components.schemas, name).toHaveProperty(name ?? '');
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('tells an operation from its route', () => {
    const { post } = document.paths['/v1/purchases/{id}'];
    expect(post).toMatchObject({ operationId: 'recordPurchase', 'x-scopes': ['facts:write'] });
    expect(post.requestBody.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Purchase' });
    expect(post.parameters).toContainEqual(
      expect.objectContaining({ name: 'id', in: 'path', required: true, description: 'Which' }),
    );
    expect(post.parameters).toContainEqual(expect.objectContaining({ name: 'from', in: 'query', required: true }));
    expect(post.parameters).toContainEqual(
      expect.objectContaining({ name: 'page', required: false, schema: { type: 'integer', minimum: 1, maximum: 9 } }),
    );
    const headers = (operation: { parameters: { in: string; name: string }[] }) =>
      operation.parameters.filter((one) => one.in === 'header').map(({ name }) => name);
    expect(headers(post)).toEqual(['Idempotency-Key', 'If-Match']);
    expect(headers(document.paths['/v1/things'].get)).toEqual(['Tenure-Min-Position']);
    expect(Object.keys(post.responses).map(Number)).toEqual([
      200, 202, 400, 401, 403, 404, 406, 408, 409, 412, 413, 414, 415, 422, 431, 503, 504,
    ]);
    expect(post.responses[409].description).toContain('`conflict`');
    expect(post.responses[202].headers).toHaveProperty('Tenure-Position');
  });

  it('says whether a key is needed', () => {
    const { security } = document.paths['/v1/things'].get;
    expect(security).toEqual([{ ApiKey: [] }]);
    expect(JSON.stringify(openApiDocument(routes, info, false))).toContain('"security":[{"ApiKey":[]},{}]');
  });

  it('has two names for a schema that is read otherwise than it is written', () => {
    const { get, put } = document.paths['/v1/things'];
    const read = get.responses[200].content['application/json'].schema.items.$ref.split('/').pop();
    const written = put.requestBody.content['application/json'].schema.$ref.split('/').pop();
    expect([read, written]).toEqual(['Defaulted', 'DefaultedRequest']);
    expect(document.components.schemas[read].required).toEqual(['a']);
    expect(document.components.schemas[written].required).toBeUndefined();
  });
});

describe('operations', () => {
  const clock = createManualClock(Date.parse('2011-03-01T00:00:00Z'));
  let reason: string | undefined;
  const operations = operationRoutes(routes, {
    dependencies: [
      { name: 'store', check: () => undefined },
      { name: 'views', check: async () => reason },
    ],
    clock,
    clockDescription: clock.description,
    metrics: createMetrics(),
    info,
    keyed: false,
  });
  const get = async (url: string) => (await serve([...routes, ...operations])).app.inject(url);

  it('tell that the process is alive, and whether it can serve', async () => {
    expect((await get('/healthz')).json()).toEqual({ status: 'alive' });
    expect((await get('/readyz')).json()).toEqual({
      status: 'ready',
      dependencies: { store: 'ok', views: 'ok' },
      clock: '2011-03-01T00:00:00.000Z',
    });
    reason = 'the thread has ended';
    const answer = await get('/readyz');
    reason = undefined;
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.json()).toMatchObject({ status: 'not-ready', dependencies: { views: 'the thread has ended' } });
  });

  it('show figures, and need a key for it', async () => {
    const answer = await get('/metrics');
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.body).toContain('nodejs_eventloop_lag_seconds');
    const key = [{ id: 'a', hash: `sha256:${'0'.repeat(64)}`, scopes: ['facts:write'] }];
    const { app } = await serve(operations, { keys: key });
    const statusOf = async (url: string): Promise<number> => (await app.inject(url)).statusCode;
    for (const url of ['/metrics', '/openapi.json', '/docs']) expect(await statusOf(url), url).toBe(401);
    for (const url of ['/healthz', '/readyz']) expect(await statusOf(url), url).toBe(200);
  });

  it('show the document, and a page that loads nothing from elsewhere', async () => {
    const served = (await get('/openapi.json')).json();
    expect(Object.keys(served.paths)).toEqual([
      '/v1/purchases/{id}',
      '/v1/things',
      '/healthz',
      '/readyz',
      '/metrics',
      '/openapi.json',
      '/docs',
    ]);
    const { headers, body } = await get('/docs');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(body).not.toMatch(/(src|href)="https?:/);
    expect(body).toContain("fetch('/openapi.json')");
  });
});
