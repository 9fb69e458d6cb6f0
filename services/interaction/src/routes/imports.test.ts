import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { service } from '../service.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service]);
});
afterAll(() => server.stop());

const open = (fingerprint: string) => server.post('/v1/imports', { name: 'orders.csv', fingerprint });

test('a session is opened once for a fingerprint, and closed once', async () => {
  const first = await open('file-and-map-1');
  expect(first.status).toBe(202);
  expect(first.body).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'orders.csv',
    status: 'open',
    startedAt: '2026-03-01T12:00:00.000Z',
    finishedAt: null,
  });
  expect((await open('file-and-map-1')).status).toBe(200);
  expect((await open('file-and-map-2')).body.id).not.toBe(first.body.id);

  const { id } = first.body;
  server.clock.advance(60_000);
  const closed = await server.post(`/v1/imports/${id}/close`);
  expect(closed.status).toBe(202);
  expect(closed.body).toMatchObject({ status: 'finished', finishedAt: '2026-03-01T12:01:00.000Z' });
  expect((await server.post(`/v1/imports/${id}/close`)).status).toBe(200);
  const again = await open('file-and-map-1');
  expect([again.status, again.body]).toEqual([200, closed.body]);
  expect((await server.get(`/v1/imports/${id}`)).body).toEqual(closed.body);
});

test('a session that nobody opened is not there', async () => {
  const id = '0'.repeat(32);
  expect((await server.get(`/v1/imports/${id}`)).status).toBe(404);
  expect((await server.post(`/v1/imports/${id}/close`)).status).toBe(404);
});
