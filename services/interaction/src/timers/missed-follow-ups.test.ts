import type { EventStore } from '@tenure/event-store';
import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { service } from '../service.ts';
import { followUp } from '../testing/bodies.ts';
import { missedFollowUps } from './missed-follow-ups.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service], { now: '2026-03-01T12:00:00Z' });
});
afterAll(() => server.stop());

const typesOf = async (id: string) => (await server.context.store.readStream(`followup-${id}`)).map(({ type }) => type);

test('I11: visits are missed when the clock says so, dated by when they were due, and only those', async () => {
  const plan = async (id: string, dueAt: string) =>
    (await server.post('/v1/follow-ups', followUp(id, { dueAt }))).body.id;
  const missed = await plan('missed', '2026-03-02T09:00:00Z');
  const done = await plan('done', '2026-03-02T09:00:00Z');
  const moved = await plan('moved', '2026-03-02T09:00:00Z');
  const later = await plan('later', '2026-03-04T09:00:00Z');
  await server.post(`/v1/follow-ups/${done}/done`, {});
  await server.post(`/v1/follow-ups/${moved}/move`, { dueAt: '2026-03-05T09:00:00Z' });

  server.clock.set(Date.parse('2026-03-02T09:00:00Z'));
  await vi.waitFor(async () => expect(await typesOf(missed)).toContain('FollowUpMissed'), { timeout: 15_000 });
  const [, event] = await server.context.store.readStream(`followup-${missed}`);
  expect(event).toMatchObject({
    type: 'FollowUpMissed',
    occurredAt: Date.parse('2026-03-02T09:00:00Z'),
    metadata: { service: 'interaction', causationId: 'timer:missed-follow-ups' },
  });
  for (const id of [done, moved, later]) expect(await typesOf(id)).not.toContain('FollowUpMissed');
});

test('a timer that fires again, on a document that is behind, does nothing', async () => {
  const dueAt = '2026-03-20T09:00:00Z';
  const { body } = await server.post('/v1/follow-ups', followUp('again', { dueAt }));
  const stream = `followup-${body.id}`;
  const documents = [{ _id: body.id, stream, dueAt: Date.parse(dueAt) }];
  const { store } = server.context;
  const context = {
    store,
    views: server.context.views.current(),
    calendar: {} as never,
    now: server.context.clock.now,
  };
  await missedFollowUps.fire(documents, Date.parse(dueAt) - 1, context);
  expect(await typesOf(body.id)).toEqual(['FollowUpScheduled']);
  await Promise.all([1, 2, 3].map(() => missedFollowUps.fire(documents, Date.parse(dueAt), context)));
  await missedFollowUps.fire(documents, Date.parse(dueAt), context);
  expect(await typesOf(body.id)).toEqual(['FollowUpScheduled', 'FollowUpMissed']);
});

test('I11, I16: of two that hold the same timer, as when one was stopped and goes on, one writes the miss', async () => {
  const dueAt = '2026-03-25T09:00:00Z';
  const { body } = await server.post('/v1/follow-ups', followUp('fenced', { dueAt }));
  const stream = `followup-${body.id}`;
  const { store } = server.context;
  const stopped = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const slow: EventStore = new Proxy(store, {
    get: (of, name) => {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== 'function') return value;
      if (name !== 'append') return value.bind(of);
      return async (...args: unknown[]) => {
        reached.resolve();
        await stopped.promise;
        return value.apply(of, args);
      };
    },
  });
  const documents = [{ _id: body.id, stream, key: 'a', dueAt: Date.parse(dueAt) }];
  const context = { views: server.context.views.current(), calendar: {} as never, now: server.context.clock.now };
  const late = missedFollowUps.fire(documents, Date.parse(dueAt), { ...context, store: slow });
  await reached.promise;
  // Meanwhile whoever has the key now fires.
  await missedFollowUps.fire(documents, Date.parse(dueAt), { ...context, store });
  const before = await store.readStream(stream);
  stopped.resolve();
  await late.catch(() => undefined);
  expect(await store.readStream(stream)).toEqual(before);
  expect(before.map(({ type }) => type)).toEqual(['FollowUpScheduled', 'FollowUpMissed']);
});
