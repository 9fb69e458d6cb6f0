import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contact, purchase } from '../support/facts.ts';
import { type Body, type Running, start, until } from '../support/running.ts';
import { jobOnce, runJob } from '../support/view-jobs.ts';

const now = '2026-03-01T00:00:00.000Z';
const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T10:00:00.000Z`;
const people = Array.from({ length: 12 }, (_, n) => `K${n}`);

describe('a rebuild while the service runs', () => {
  let running: Running;
  beforeEach(async () => {
    running = await start({ now });
    await running.publish(
      people.flatMap((key, n) => [purchase(`a-${key}`, key, day(1 + n)), contact(`c-${key}`, key, day(20))]),
    );
    await running.settled();
  });
  afterEach(() => running.stop());

  const customers = async (): Promise<Body> => (await running.get('/v1/customers?sort=id')).body.items;
  const files = (): readonly string[] => readdirSync(running.directory).filter((name) => /^views-.*\.db$/.test(name));

  it('serves a new version that equals the old, keeps that for a way back, and drops it when told', async () => {
    const before = await customers();
    const served = running.views().version;
    const job = await runJob(running, 'rebuilds', { view: 'all' });
    expect(job).toMatchObject({
      status: 'switched',
      previous: served,
      kept: served,
      failure: null,
      progress: { percent: 100 },
      comparison: { differences: 0, unsettled: 0 },
    });
    expect(job.comparison.documents).toBeGreaterThan(people.length * 2);
    expect(running.views().version).toBe(job.version);
    expect(await customers()).toEqual(before);

    await running.publish([purchase('b-K0', 'K0', day(25))]);
    await running.settled();
    const after = await customers();
    expect(after).not.toEqual(before);
    const path = `/v1/audit/rebuilds/${job.id}`;
    expect((await running.post(`${path}/switch-back`, undefined)).status).toBe(202);
    const back = await jobOnce(running, path);
    expect(back).toMatchObject({ status: 'returned', kept: job.version, failure: null });
    expect(running.views().version).toBe(served);
    expect(await customers()).toEqual(after);
    await running.publish([purchase('b-K1', 'K1', day(26))]);
    await running.settled();
    expect(await customers()).not.toEqual(after);

    expect((await running.post(`${path}/drop`, undefined)).body).toMatchObject({ kept: null });
    expect(files().filter((file) => file.includes(job.version))).toEqual([]);
    expect((await running.post(`${path}/drop`, undefined)).status).toBe(409);
    expect((await running.post(`${path}/switch-back`, undefined)).status).toBe(409);
  });

  it('keeps one way back only, and lists what was rebuilt', async () => {
    const first = await runJob(running, 'rebuilds', { view: 'customers' });
    running.clock.advance(1_000);
    const second = await runJob(running, 'rebuilds', { view: 'all' });
    await jobOnce(running, `/v1/audit/rebuilds/${first.id}`, ({ kept }) => kept === null);
    const { items } = (await running.get('/v1/audit/rebuilds?limit=10')).body;
    expect(items).toMatchObject([
      { id: second.id, kept: first.version },
      { id: first.id, view: 'customers', kept: null },
    ]);
    expect(items[0].views).toEqual(expect.arrayContaining(['customers', 'sales-facts', 'loyalty-timers']));
    expect(files()).toHaveLength(3);
    expect((await running.get('/v1/audit/rebuilds?status=failed')).body.items).toEqual([]);
  });

  it('is refused for views that are not there, while another is under way, and when there is nothing to do', async () => {
    const unknown = await running.post('/v1/audit/rebuilds', { view: 'nosuch' });
    expect(unknown).toMatchObject({ status: 422, body: { errors: [{ pointer: '/view' }] } });
    const empty = await running.post('/v1/audit/rebuilds', {});
    expect(empty).toMatchObject({ status: 422, body: { errors: [{ pointer: '/view' }] } });
    const both = await running.post('/v1/audit/verifications', { sample: 2, customers: ['f'.repeat(32)] });
    expect(both).toMatchObject({ status: 422, body: { errors: [{ pointer: '/sample' }] } });
    const none = await running.post('/v1/audit/verifications', { sample: 0 });
    expect(none).toMatchObject({ status: 422, body: { errors: [{ pointer: '/sample' }] } });
    expect((await running.get(`/v1/audit/rebuilds/${'0'.repeat(32)}`)).status).toBe(404);
    expect((await running.post(`/v1/audit/rebuilds/${'0'.repeat(32)}/cancel`, undefined)).status).toBe(404);

    const { body: job } = await running.post('/v1/audit/rebuilds', { view: 'all' });
    const path = `/v1/audit/rebuilds/${job.id}`;
    for (const [other, body] of [
      ['rebuilds', { view: 'all' }],
      ['verifications', {}],
    ] as const) {
      const refused = await running.post(`/v1/audit/${other}`, body);
      expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining(job.id) } });
    }
    expect((await running.post(`${path}/drop`, undefined)).status).toBe(409);
    expect((await running.get(`/v1/audit/verifications/${job.id}`)).status).toBe(404);

    expect((await running.post(`${path}/cancel`, undefined)).status).toBe(202);
    expect(await jobOnce(running, path)).toMatchObject({ status: 'cancelled', kept: null, failure: null });
    await until(() => files().length === 2);
    expect(running.views().version).toBe(job.previous);
    expect((await running.post(`${path}/cancel`, undefined)).status).toBe(409);
    expect((await runJob(running, 'rebuilds', { view: 'all' })).status).toBe('switched');
  });
});
