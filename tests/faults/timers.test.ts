import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { purchase } from '../support/facts.ts';
import { fragileTimer } from '../support/fragile-timer.ts';
import { type Body, type Running, start, until } from '../support/running.ts';

const now = '2026-03-01T00:00:00.000Z';
const later = '2026-03-10T00:00:00.000Z';

let directory: string;
let timers: string;
let running: Running;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-timers-'));
  timers = mkdtempSync(join(tmpdir(), 'tenure-fragile-timers-'));
  process.env.TENURE_TEST_TIMERS = timers;
  running = await start({ now, directory, more: [fragileTimer] });
});
afterEach(async () => {
  delete process.env.TENURE_TEST_TIMERS;
  await running.stop();
  rmSync(directory, { recursive: true });
  rmSync(timers, { recursive: true });
});

const parks = async (): Promise<readonly Body[]> => (await running.get('/v1/parked')).body.items;
const hasFired = (id: string): boolean => existsSync(join(timers, `fired-${id}`));

it('I12: a timer that goes on failing is parked, seen after a restart too, and fires when it is replayed', async () => {
  const [bad = '', good = ''] = (await running.batch([purchase('o1', 'K1', now), purchase('o2', 'K2', now)])).map(
    ({ customerId }): string => customerId,
  );
  await running.settled();
  writeFileSync(join(timers, `fails-${bad}`), '');
  running.clock.set(Date.parse(later));
  await until(async () => (await parks()).length > 0);
  expect(hasFired(good)).toBe(true);
  const parked = {
    consumer: 'timer:reminders',
    key: bad,
    reason: 'nobody is reminded',
    dueAt: '2026-03-02T00:00:00.000Z',
  };
  expect(await parks()).toMatchObject([{ ...parked, eventId: null, eventType: null }]);
  // Their view is right all the same.
  expect((await running.get(`/v1/customers/${bad}`)).status).toBe(200);

  await running.stop();
  running = await start({ now: later, directory, more: [fragileTimer] });
  await until(async () => (await parks()).length > 0);
  const [{ id }] = (await parks()) as readonly [Body];
  expect((await running.post(`/v1/parked/${id}/replay`, {})).body).toEqual({ id, outcome: 'parked-again' });
  expect([hasFired(bad), (await parks()).length]).toEqual([false, 1]);
  rmSync(join(timers, `fails-${bad}`));
  expect((await running.post(`/v1/parked/${id}/replay`, {})).body).toEqual({ id, outcome: 'replayed' });
  expect([hasFired(bad), await parks()]).toEqual([true, []]);
}, 120_000);
