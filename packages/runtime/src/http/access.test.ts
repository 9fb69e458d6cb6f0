import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApiKey } from '../api-keys.ts';
import { RouteDeclarationError } from './check-routes.ts';
import { defineRoute, type Route } from './route.ts';
import { serve } from './testing/serve.ts';

const route = (path: string, scopes: readonly string[] | 'public'): Route =>
  defineRoute({
    method: 'GET',
    path,
    operationId: path.slice(1),
    summary: 'Say who asks',
    tags: ['test'],
    scopes,
    limits: { bodyBytes: 0, timeoutMs: 1_000 },
    responses: { 200: { description: 'Who', schema: z.strictObject({ actor: z.string() }) } },
    handler: ({ origin }) => ({ status: 200, body: { actor: origin.actor } }),
  });
const routes = [route('/open', 'public'), route('/one', ['facts:read']), route('/two', ['facts:read', 'facts:write'])];

const shop = createApiKey();
const admin = createApiKey();
const keys = [
  { id: 'shop', hash: shop.hash, scopes: ['facts:read'] },
  { id: 'facts', hash: createApiKey().hash, scopes: ['facts:*'] },
  { id: 'admin', hash: admin.hash, scopes: ['*'] },
];

describe('with keys', () => {
  it('a route needs one that has all of its scopes', async () => {
    const { app } = await serve(routes, { keys });
    const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
    expect((await get('/open')).statusCode).toBe(200);

    const without = await get('/one');
    expect([without.statusCode, without.headers['www-authenticate']]).toEqual([401, 'Bearer, Basic realm="Tenure"']);
    expect((await get('/one', { authorization: 'Bearer nonsense' })).statusCode).toBe(401);
    expect((await get('/one', { authorization: `Basic ${shop.secret}` })).statusCode).toBe(401);
    expect((await get('/one', { authorization: `Bearer ${shop.secret}x` })).statusCode).toBe(401);
    expect((await get('/one', { authorization: `Bearer ${shop.hash}` })).statusCode).toBe(401);

    const asShop = await get('/one', { authorization: `Bearer ${shop.secret}` });
    expect([asShop.statusCode, asShop.json()]).toEqual([200, { actor: 'shop' }]);
    expect((await get('/one', { 'x-api-key': shop.secret })).json()).toEqual({ actor: 'shop' });

    const refused = await get('/two', { authorization: `Bearer ${shop.secret}` });
    expect([refused.statusCode, refused.json().detail]).toEqual([403, 'The API key lacks the scope facts:write']);
    expect((await get('/two', { authorization: `Bearer ${admin.secret}` })).json()).toEqual({ actor: 'admin' });
  });

  it('a body is not even read without one', async () => {
    const post = defineRoute({
      ...route('/post', ['facts:write']),
      method: 'POST',
      limits: { bodyBytes: 10, timeoutMs: 1_000 },
      body: z.strictObject({}),
      responses: { 204: { description: 'Done', schema: null } },
      handler: () => ({ status: 204, body: undefined }),
    });
    const { app } = await serve([post], { keys });
    const payload = { much: 'x'.repeat(100) };
    expect((await app.inject({ method: 'POST', url: '/post', payload })).statusCode).toBe(401);
    const headers = { 'x-api-key': admin.secret };
    expect((await app.inject({ method: 'POST', url: '/post', payload, headers })).statusCode).toBe(413);
  });

  it('a browser may read with one as a password, and no more', async () => {
    const post = defineRoute({
      ...route('/post', ['facts:read']),
      method: 'POST',
      handler: () => ({ status: 200, body: { actor: '' } }),
      responses: { 200: { description: 'Who', schema: z.strictObject({ actor: z.string() }) } },
    });
    const { app } = await serve([...routes, post], { keys });
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const asShop = await app.inject({ url: '/one', headers: basic(`me:${shop.secret}`) });
    expect([asShop.statusCode, asShop.json()]).toEqual([200, { actor: 'shop' }]);
    expect((await app.inject({ url: '/one', headers: basic(`me:${shop.secret}x`) })).statusCode).toBe(401);
    expect((await app.inject({ url: '/one', headers: basic('nonsense') })).statusCode).toBe(401);
    const headers = basic(`me:${shop.secret}`);
    expect((await app.inject({ method: 'POST', url: '/post', headers })).statusCode).toBe(401);
  });

  it('any host and origin may ask', async () => {
    const { app } = await serve(routes, { keys });
    const headers = { host: 'tenure.example', origin: 'https://shop.example', 'x-api-key': shop.secret };
    expect((await app.inject({ url: '/one', headers })).statusCode).toBe(200);
  });
});

describe('without keys', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '127.8.9.10', '[::1]:8080', 'a.localhost', 'LOCALHOST'])(
    'everyone on this machine may do everything, asking %s',
    async (host) => {
      const { app } = await serve(routes);
      const answer = await app.inject({ url: '/two', headers: { host } });
      expect([answer.statusCode, answer.json()]).toEqual([200, { actor: 'local' }]);
    },
  );

  it.each(['tenure.example', '192.168.1.7:8080', '127.0.0.1.example', 'localhost.example:80', '[::2]'])(
    'a name that leads here from elsewhere, such as %s, is not answered',
    async (host) => {
      const { app } = await serve(routes);
      const answer = await app.inject({ url: '/one', headers: { host } });
      expect([answer.statusCode, answer.json().type]).toEqual([403, 'urn:tenure:problem:wrong-host']);
    },
  );

  it('a page of another origin cannot make a browser here ask', async () => {
    const { app } = await serve(routes);
    const ask = async (origin: string) => (await app.inject({ url: '/one', headers: { origin } })).statusCode;
    expect(await ask('https://evil.example')).toBe(403);
    expect(await ask('null')).toBe(403);
    expect(await ask('http://localhost:3000')).toBe(200);
  });
});

describe('a route that leaves something open', () => {
  const whole = route('/whole/{id}', ['facts:read']);
  const refusal = async (...declared: readonly unknown[]): Promise<string> => {
    const error = await serve(declared as readonly Route[]).catch((caught: unknown) => caught);
    if (!(error instanceof RouteDeclarationError)) throw new Error('it started');
    return error.message;
  };

  it('stops the start, and all that is missing is said at once', async () => {
    const message = await refusal(
      { ...whole, scopes: undefined },
      { ...whole, operationId: 'b', path: '/b', scopes: [] },
      { ...whole, operationId: 'c', path: '/c', limits: undefined },
      { ...whole, operationId: 'd', path: '/d', limits: { bodyBytes: 0 } },
      { ...whole, operationId: 'e', path: '/e', limits: { timeoutMs: 1 } },
      { ...whole, operationId: 'f', path: '/f', responses: {} },
      { ...whole, operationId: 'g', path: '/g', responses: { 200: { description: 'x' } } },
      { ...whole, operationId: 'g', path: '/g' },
    );
    for (const fault of [
      'GET /whole/{id}: declares no scopes',
      'GET /whole/{id}: declares no schema of its path parameters',
      'GET /b: declares no scopes',
      'GET /c: declares no limits',
      'GET /d: declares no limit of its time',
      'GET /e: declares no limit of its body',
      'GET /f: declares no responses',
      'GET /g: declares no schema of its answer 200',
      'GET /g: is declared twice',
      'GET /g: operationId g is taken',
    ]) {
      expect(message).toContain(fault);
    }
  });
});
