import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyDocument } from '@tenure/contracts';
import { defaultLifecycle, defaultProgramme } from '@tenure/domain';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { customerIdOf, iso, type Key } from '../support/arrivals.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { publishPolicy } from '../support/publish-policy.ts';
import { type Body, type Running, type StartOptions, start } from '../support/running.ts';
import { noon } from './histories.ts';

const ann: Key = { source: 'shop', key: 'ann' };

let directory: string;
let running: Running;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-policies-'));
  running = await start({ now: iso(noon(0)), directory });
});
afterEach(async () => {
  await running.stop();
  rmSync(directory, { recursive: true, force: true });
});

const buy = (day: number, amountMinor: number, hours = 0) =>
  running.post('/v1/purchases', {
    source: 'shop',
    orderId: `order-${day}-${hours}`,
    occurredAt: iso(noon(day) + hours * 3_600_000),
    customer: ann,
    currency: 'GBP',
    lines: [{ lineId: '1', productId: 'tea', quantity: 1, amountMinor }],
  });

/** As a new version of the program would, or one that is told otherwise. */
async function restart(day: number, policies: readonly PolicyDocument[], env: StartOptions['env'] = {}): Promise<void> {
  await running.stop();
  const now = noon(day);
  const store = await openSqliteEventStore({ directory, now: () => now });
  for (const document of policies) await publishPolicy(store, document, now, now);
  await store.close();
  running = await start({ now: iso(now), directory, env });
}

/** The customer as served, which is as replayed. */
async function served(): Promise<Body> {
  await running.idle();
  const path = `/v1/customers/${customerIdOf(ann)}`;
  const { body } = await running.get(path);
  expect((await running.get(`${path}?asOf=${iso(running.clock.now())}`)).body).toEqual(body);
  return body;
}

it('I5, I23: a policy that is published since holds for everybody, from its date on', async () => {
  await buy(0, 60_000);
  expect(await served()).toMatchObject({ stage: 'new', tier: 'silver' });
  const { stages } = defaultLifecycle;
  const silent = { 'at-risk': { silentDays: 30 }, churned: { silentDays: 60 } };
  await restart(40, [
    { ...defaultLifecycle, version: 2, stages: { ...stages, ...silent } },
    { ...defaultProgramme, version: 2, review: { everyDays: 50 } },
  ]);
  // Who was silent for longer than is now allowed is so from the day on which it is.
  expect(await served()).toMatchObject({ stage: 'at-risk', stageSince: iso(noon(40)), tier: 'silver' });
  running.clock.set(noon(60));
  expect(await served()).toMatchObject({ stage: 'churned', stageSince: iso(noon(60)) });
  const events = await running.events();
  expect(checkRecorded(events, running.clock.now()).faults).toEqual([]);
  const versions = events.filter(({ type }) => type === 'StageChanged').map(({ data }) => (data as Body).policyVersion);
  expect(versions).toEqual([1, 2, 2]);
});

it('I5: days are those of the zone that the process is told, in documents from before, too', async () => {
  await buy(-2, 1_000, 9);
  await buy(-2, 1_000, 11);
  expect(await served()).toMatchObject({ stage: 'new', purchaseDays: 1 });
  // There the second came after midnight.
  await restart(0, [], { TENURE_ZONE: 'Europe/Berlin' });
  expect(await served()).toMatchObject({ stage: 'active', purchaseDays: 2 });
});
