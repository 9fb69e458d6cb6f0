import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventId } from '@tenure/event-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectedView, shownView } from '../support/expected-view.ts';
import { contact, purchase } from '../support/facts.ts';
import { foldEveryone, recordedOtherwise } from '../support/folded.ts';
import { fragile } from '../support/fragile-views.ts';
import { type Body, type Running, start } from '../support/running.ts';
import { jobOnce, runJob } from '../support/view-jobs.ts';

const now = '2026-03-01T00:00:00.000Z';
const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T10:00:00.000Z`;
const people = ['K1', 'K2', 'K3', 'K4', 'K5'];

describe('an event that cannot be applied', () => {
  let directory: string;
  let poisoned: string;
  let running: Running;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tenure-poison-'));
    poisoned = mkdtempSync(join(tmpdir(), 'tenure-poisoned-'));
    process.env.TENURE_TEST_POISONED = poisoned;
    running = await start({ now, directory, more: [fragile] });
    await running.batch(people.map((key) => purchase(`o1-${key}`, key, day(1))));
    await running.settled();
  });
  afterEach(async () => {
    delete process.env.TENURE_TEST_POISONED;
    await running.stop();
    rmSync(directory, { recursive: true });
    rmSync(poisoned, { recursive: true });
  });

  async function restart(): Promise<void> {
    await running.stop();
    running = await start({ now, directory, more: [fragile] });
  }

  async function idOf(key: string): Promise<string> {
    return (await running.post('/v1/purchases', bodyOf(purchase(`o1-${key}`, key, day(1))))).body.customerId;
  }

  function statusOf(key: string): Promise<number> {
    return running.get(`/v1/customers/by-key/shop/${key}`).then(({ status }) => status);
  }

  async function parks(): Promise<readonly Body[]> {
    return (await running.get('/v1/parked')).body.items;
  }

  /** Everybody but these is shown as the log says. */
  async function expectOthersFolded(...but: readonly string[]): Promise<void> {
    await running.settled();
    const log = await running.events();
    const everyone = await foldEveryone(running.store, log, Date.parse(now));
    for (const [id, { state, ids }] of everyone) {
      if (but.includes(id)) continue;
      expect(shownView((await running.get(`/v1/customers/${id}`)).body)).toEqual(expectedView(state, ids));
    }
    expect(recordedOtherwise(everyone, log)).toEqual([]);
  }

  it('I12: of a customer whom a projection cannot take waits, all others go on, and replay heals', async () => {
    const id = await idOf('K3');
    writeFileSync(join(poisoned, id), '');
    await running.batch(people.map((key) => purchase(`o2-${key}`, key, day(2))));
    await expectOthersFolded(id);
    const refused = await running.get(`/v1/customers/${id}`);
    expect([refused.status, refused.body.type]).toEqual([503, 'urn:tenure:problem:customer-parked']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await statusOf('K3')).toBe(503);
    const [park, ...none] = await parks();
    expect(none).toEqual([]);
    expect(park).toMatchObject({
      consumer: 'views',
      key: id,
      eventType: 'PurchaseRecorded',
      reason: 'this one breaks it',
    });

    await running.batch(people.map((key) => purchase(`o3-${key}`, key, day(3))));
    await restart();
    await running.batch(people.map((key) => contact(`c-${key}`, key, day(4))));
    await expectOthersFolded(id);
    expect(await statusOf('K3')).toBe(503);
    expect((await running.post(`/v1/parked/${park.id}/replay`, {})).body.outcome).toBe('parked-again');
    expect(await statusOf('K3')).toBe(503);

    rmSync(join(poisoned, id));
    expect((await running.post(`/v1/parked/${park.id}/replay`, {})).body.outcome).toBe('replayed');
    await expectOthersFolded();
    expect((await running.get(`/v1/customers/${id}`)).body.frequency).toBe(3);
    expect(await parks()).toEqual([]);
  }, 60_000);

  it('I12, I8: a rebuild tries what is parked again, parks it in the new version, and heals it once it can', async () => {
    const id = await idOf('K3');
    writeFileSync(join(poisoned, id), '');
    await running.batch(people.map((key) => purchase(`o2-${key}`, key, day(2))));
    await running.settled();
    expect((await runJob(running, 'verifications', {})).comparison).toMatchObject({ differences: 0, items: [] });
    expect(await runJob(running, 'rebuilds', { view: 'all' })).toMatchObject({ status: 'switched' });
    expect(await statusOf('K3')).toBe(503);
    const [park, ...none] = await parks();
    expect(none).toEqual([]);
    expect(park).toMatchObject({ key: id, consumer: 'views' });
    await expectOthersFolded(id);

    rmSync(join(poisoned, id));
    const healing = await runJob(running, 'rebuilds', { view: 'all' });
    expect(healing).toMatchObject({ status: 'switched' });
    expect(await parks()).toEqual([]);
    await expectOthersFolded();
    // The way back leads to what was parked there.
    await running.post(`/v1/audit/rebuilds/${healing.id}/switch-back`, undefined);
    expect(await jobOnce(running, `/v1/audit/rebuilds/${healing.id}`)).toMatchObject({ status: 'returned' });
    expect(await statusOf('K3')).toBe(503);
    expect((await running.post(`/v1/parked/${park.id}/replay`, {})).body.outcome).toBe('replayed');
    expect(await statusOf('K3')).toBe(200);
  }, 120_000);

  it('I12: a customer with several keys waits under each of them', async () => {
    const id = await idOf('K3');
    await running.post(`/v1/customers/${id}/links`, { customer: { source: 'shop', key: 'L3' } });
    await running.settled();
    writeFileSync(join(poisoned, id), '');
    await running.batch(people.map((key) => purchase(`o2-${key}`, key, day(2))));
    await expectOthersFolded(id);
    expect([await statusOf('K3'), await statusOf('L3'), await statusOf('K4')]).toEqual([503, 503, 200]);

    rmSync(join(poisoned, id));
    for (const park of await parks()) {
      expect((await running.post(`/v1/parked/${park.id}/replay`, {})).body.outcome).toBe('replayed');
    }
    await expectOthersFolded();
    expect((await running.get(`/v1/customers/${id}`)).body.frequency).toBe(2);
  }, 60_000);

  it.each([
    ['of an unknown type', { type: 'MysteryHappened', version: 1 }],
    ['of a version to come', { type: 'PurchaseRecorded', version: 99 }],
  ])(
    'I12: an event %s parks its customer, and nothing answers 500',
    async (_, kind) => {
      const id = await idOf('K3');
      const commandId = 'from-elsewhere';
      const event = {
        ...kind,
        id: eventId(commandId, 0),
        customerId: id,
        occurredAt: Date.parse(day(2)),
        data: { anything: true },
        metadata: { actor: 'a', service: 'interaction', commandId, causationId: 'r', correlationId: 'r' },
      };
      await running.store.append([[{ stream: `contact-${eventId('s', 0)}`, expected: 'absent', events: [event] }]]);
      await running.batch(people.map((key) => purchase(`o2-${key}`, key, day(2))));
      await running.settled();
      expect(await statusOf('K3')).toBe(503);
      for (const key of ['K1', 'K2', 'K4', 'K5']) expect(await statusOf(key)).toBe(200);
      const paths = [`/v1/customers/${id}`, `/v1/customers/${id}?asOf=${day(3)}`, `/v1/customers/${id}/timeline`];
      paths.push(`/v1/audit/customers/${id}/history`, `/v1/audit/customers/${id}/state`, `/v1/loyalty/${id}`);
      paths.push('/v1/customers', '/v1/analytics/sales', '/v1/analytics/lifecycle', '/v1/analytics/tiers');
      for (const path of paths) {
        const { status, body } = await running.get(path);
        expect({ path, status, type: body.type }).not.toMatchObject({ status: 500 });
      }
      await restart();
      await running.batch(people.map((key) => purchase(`o3-${key}`, key, day(3))));
      await running.settled();
      for (const key of ['K1', 'K2', 'K4', 'K5']) expect(await statusOf(key)).toBe(200);

      // The code still cannot read it, so there is nothing to heal yet.
      for (const park of await parks()) {
        expect((await running.post(`/v1/parked/${park.id}/replay`, {})).body.outcome).toBe('parked-again');
      }
      expect(await statusOf('K3')).toBe(503);
    },
    60_000,
  );
});

function bodyOf({ type: _type, ...body }: { readonly type: string }): object {
  return body;
}
