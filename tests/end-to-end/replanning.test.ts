import { defaultLifecycle } from '@tenure/domain';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { customerIdOf } from '../support/arrivals.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { purchase } from '../support/facts.ts';
import { type Running, start, until } from '../support/running.ts';
import { runJob } from '../support/view-jobs.ts';

const { version: _version, ...lifecycle } = defaultLifecycle;
const path = `/v1/customers/${customerIdOf({ source: 'shop', key: 'ann' })}`;

let running: Running;
beforeEach(async () => {
  running = await start({ now: '2026-03-01T12:00:00.000Z' });
  // Forty days ago, and nothing is heard of her since.
  await running.publish([purchase('ann-1', 'ann', '2026-01-20T12:00:00.000Z')]);
  await running.idle();
});
afterEach(() => running?.stop());

const stage = async (query = ''): Promise<readonly unknown[]> => {
  const { body } = await running.get(path + query);
  return [body.stage, body.stageSince];
};

/** At risk after so many days in silence, from a date on. */
async function publish(silentDays: number, effectiveFrom: string): Promise<void> {
  const stages = { ...lifecycle.stages, 'at-risk': { silentDays }, churned: { silentDays: 2 * silentDays } };
  const { status } = await running.post('/v1/policies', { document: { ...lifecycle, stages }, effectiveFrom });
  expect(status).toBe(202);
}

/** Resolves once everybody's documents and timers are those of the policies that are published. */
async function replanned(): Promise<void> {
  await until(async () => {
    const { body } = await running.get('/v1/audit/rebuilds');
    return body.items[0]?.actor === 'policies' && body.items[0].status === 'switched';
  });
  await running.idle();
}

async function expectAsDerived(): Promise<void> {
  expect(await stage()).toEqual(await stage(`?asOf=${new Date(running.clock.now()).toISOString()}`));
  expect(checkRecorded(await running.events(), running.clock.now(), 'UTC')).toMatchObject({ faults: [], needless: [] });
  expect((await runJob(running, 'verifications', {})).comparison).toMatchObject({ differences: 0 });
}

it('I5, I23: a policy moves those of whom nothing is heard, on its own date, while all is served', async () => {
  expect(await stage()).toEqual(['new', '2026-01-20T12:00:00.000Z']);
  await publish(30, '2026-03-10T00:00:00.000Z');
  await replanned();
  expect(await stage()).toEqual(['new', '2026-01-20T12:00:00.000Z']);
  await expectAsDerived();

  running.clock.set(Date.parse('2026-03-10T00:00:00.000Z'));
  await running.idle();
  await until(async () => (await stage())[0] === 'at-risk');
  expect(await stage()).toEqual(['at-risk', '2026-03-10T00:00:00.000Z']);
  await expectAsDerived();

  running.clock.set(Date.parse('2026-04-20T00:00:00.000Z'));
  await until(async () => (await stage())[0] === 'churned');
  await running.idle();
  await expectAsDerived();
}, 120_000);

it('I5, I23: a policy that holds at once moves them at once; one that comes while its views are built is built after', async () => {
  await publish(30, '2026-03-01T12:00:00.000Z');
  await publish(35, '2026-03-02T12:00:00.000Z');
  await until(async () => (await stage())[0] === 'at-risk');
  expect(await stage()).toEqual(['at-risk', '2026-03-01T12:00:00.000Z']);
  await until(async () => {
    const { body } = await running.get('/v1/audit/rebuilds');
    return (
      body.items.every(({ endedAt }: { endedAt: unknown }) => endedAt !== null) && body.items[0]?.status === 'switched'
    );
  });
  await running.idle();
  await expectAsDerived();
}, 180_000);
