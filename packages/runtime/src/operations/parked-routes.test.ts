import type { Park, ReplayOutcome } from '@tenure/event-bus';
import { expect, test } from 'vitest';
import { buildServer } from '../http/server.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { parkedRoutes } from './parked-routes.ts';

const park = (id: string, consumer: string): Park => ({
  id: id.repeat(32),
  consumer,
  key: 'c'.repeat(32),
  position: '0000000000000007',
  eventId: 'e'.repeat(32),
  eventType: 'PurchaseRecorded',
  reason: 'it cannot be',
  parkedAt: Date.parse('2026-03-01T12:00:00Z'),
});

const timer = {
  id: '4'.repeat(32),
  consumer: 'timer:boundary',
  key: 'c'.repeat(32),
  position: '0000000000000008',
  reason: 'it fails',
  parkedAt: Date.parse('2026-03-01T12:00:00Z'),
  dueAt: Date.parse('2026-03-01T11:00:00Z'),
};

async function serve() {
  const parks = [park('1', 'views'), park('2', 'recorders'), timer];
  const outcome = (id: string): ReplayOutcome =>
    id === '1'.repeat(32) ? 'released' : id === '2'.repeat(32) ? 'parked-again' : 'unknown';
  const views = { parks, replay: async (id: string) => outcome(id), drop: async (id: string) => outcome(id) };
  return buildServer({
    routes: parkedRoutes(views),
    keys: undefined,
    limits: { maxBodyBytes: 1_000, maxConcurrency: 10, timeoutMs: 5_000 },
    log: createLog({ level: 'silent', service: 'test' }),
    metrics: createMetrics().http,
    checkAnswers: true,
  });
}

test('I12: what is parked is seen, with the reason, and replayed or dropped', async () => {
  await using stack = new AsyncDisposableStack();
  const server = await serve();
  stack.defer(async () => void (await server.close(0)));
  const call = async (method: 'GET' | 'POST', url: string) => {
    const answer = await server.app.inject({ method, url, headers: { host: 'localhost' } });
    return [answer.statusCode, answer.json()];
  };
  const one = '1'.repeat(32);
  const other = '2'.repeat(32);
  const nobody = '3'.repeat(32);
  const [, list] = await call('GET', '/v1/parked?consumer=views');
  expect(list).toEqual({
    items: [
      {
        id: one,
        consumer: 'views',
        key: 'c'.repeat(32),
        eventId: 'e'.repeat(32),
        eventType: 'PurchaseRecorded',
        reason: 'it cannot be',
        parkedAt: '2026-03-01T12:00:00.000Z',
        position: '0000000000000007',
        dueAt: null,
      },
    ],
    nextCursor: null,
  });
  expect((await call('GET', `/v1/parked/${timer.id}`))[1]).toEqual({
    ...timer,
    eventId: null,
    eventType: null,
    parkedAt: '2026-03-01T12:00:00.000Z',
    dueAt: '2026-03-01T11:00:00.000Z',
  });
  expect(await call('GET', `/v1/parked/${one}`)).toEqual([200, list.items[0]]);
  expect(await call('POST', `/v1/parked/${one}/replay`)).toEqual([200, { id: one, outcome: 'replayed' }]);
  expect(await call('POST', `/v1/parked/${one}/drop`)).toEqual([200, { id: one, outcome: 'dropped' }]);
  expect(await call('POST', `/v1/parked/${other}/replay`)).toEqual([200, { id: other, outcome: 'parked-again' }]);
  for (const [method, url] of [
    ['GET', `/v1/parked/${nobody}`],
    ['POST', `/v1/parked/${nobody}/replay`],
    ['POST', `/v1/parked/${nobody}/drop`],
  ] as const) {
    expect((await call(method, url))[0]).toBe(404);
  }
});
