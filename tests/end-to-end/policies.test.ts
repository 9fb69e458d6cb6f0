import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyDraft } from '@tenure/contracts';
import { defaultLifecycle } from '@tenure/domain';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { customerIdOf } from '../support/arrivals.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { type EnginesUnderTest, engineSets } from '../support/engines.ts';
import { purchase } from '../support/facts.ts';
import { type Body, type Running, start } from '../support/running.ts';
import { whatIf } from '../support/what-if.ts';

const now = '2026-03-01T12:00:00.000Z';
const day = (number: number): string => `2026-03-${String(number).padStart(2, '0')}T09:00:00.000Z`;
const { version: _version, ...document } = defaultLifecycle;
const loyalFrom = (purchaseDays: number): PolicyDraft => ({
  ...document,
  stages: { ...document.stages, loyal: { purchaseDays, withinDates: 90 } },
});
const path = (key: string): string => `/v1/customers/${customerIdOf({ source: 'shop', key })}`;

/** The versions of the lifecycle policy. */
async function versions(running: Running): Promise<Body[]> {
  const { body } = await running.get('/v1/policies?policy=lifecycle');
  return body.items.map(({ version, effectiveFrom, effectiveUntil, inForce, publishedBy }: Body) => [
    version,
    effectiveFrom,
    effectiveUntil,
    inForce,
    publishedBy,
  ]);
}

describe.each(engineSets)('policies ($name)', ({ missing, open }) => {
  if (missing !== undefined) {
    it('are published over the API', (test) => test.skip(`it needs ${missing}`));
    return;
  }
  let engines: EnginesUnderTest;
  let running: Running;
  beforeAll(async () => {
    engines = await open();
  }, 600_000);
  afterAll(() => engines?.close());
  beforeEach(async () => {
    running = await start({ now, engines });
  }, 600_000);
  afterEach(() => running?.stop());

  it('I5, I23: a draft that was tried is published: what was decided stays, what comes is decided by it at once', async () => {
    const buys = [1, 3, 5].map((date) => purchase(`ann-${date}`, 'ann', `2026-02-${date + 10}T09:00:00.000Z`));
    await running.publish([
      ...buys,
      ...[1, 3].map((date) => purchase(`bob-${date}`, 'bob', `2026-02-${date + 10}T09:00:00.000Z`)),
    ]);
    await running.idle();
    const before = await running.events();
    const tried = await whatIf(running, { draft: loyalFrom(3) });
    expect(tried.result).toMatchObject({ customers: 2, moved: 1 });
    const [example] = tried.result.stage.flatMap(({ examples }: Body) => examples);
    expect(example).toMatchObject({
      before: { stage: 'active' },
      after: { stage: 'loyal', stageSince: buys[2]?.occurredAt },
    });
    for (const link of Object.values(example.links)) expect((await running.get(String(link))).status).toBe(200);
    expect(await running.events()).toEqual(before);

    const published = await running.post(`/v1/audit/what-if/${tried.id}/publish`, { effectiveFrom: day(2) });
    expect(published).toMatchObject({
      status: 202,
      body: { policy: 'lifecycle', version: 2, effectiveFrom: day(2), inForce: false },
    });
    expect(published.headers.get('etag')).toBe('"1"');
    const again = await running.post(`/v1/audit/what-if/${tried.id}/publish`, { effectiveFrom: day(2) });
    expect([again.status, again.body]).toEqual([200, published.body]);
    expect(await versions(running)).toEqual([
      [1, null, day(2), true, 'start'],
      [2, day(2), null, false, 'local'],
    ]);

    running.clock.set(Date.parse(day(4)));
    await running.publish([purchase('bob-5', 'bob', day(3)), purchase('cleo-1', 'cleo', day(3))]);
    await running.idle();
    const bob = (await running.get(path('bob'))).body;
    expect(bob).toMatchObject({ stage: 'loyal', stageSince: day(3), purchaseDays: 3 });
    // A third day before the date is judged as it was then, whenever it becomes known.
    await running.publish([purchase('cleo-2', 'cleo', day(1)), purchase('cleo-3', 'cleo', '2026-02-27T09:00:00.000Z')]);
    await running.idle();
    expect((await running.get(path('cleo'))).body).toMatchObject({ stage: 'loyal', stageSince: day(3) });
    expect((await running.get(`${path('bob')}?asOf=${day(1)}`)).body).toMatchObject({ stage: 'active' });
    expect((await running.get(`${path('ann')}?asOf=${day(1)}`)).body).toMatchObject({ stage: 'active' });
    const events = await running.events();
    expect(checkRecorded(events, running.clock.now()).faults).toEqual([]);
    const decided = events
      .filter(({ type }) => type === 'StageChanged')
      .map(({ data }) => (data as Body).policyVersion);
    expect(new Set(decided)).toEqual(new Set([1, 2]));
  }, 600_000);

  it('are refused with the field that is wrong, and change nothing', async () => {
    const head = await running.store.head();
    const post = async (body: object, headers = {}) => {
      const { status, body: answer } = await running.post('/v1/policies', body, headers);
      return [status, answer.type, answer.errors?.map(({ pointer }: Body) => pointer)];
    };
    const document = loyalFrom(4);
    const problem = (code: string) => `urn:tenure:problem:${code}`;
    expect(await post({ document: { ...document, version: 3 } })).toEqual([
      409,
      problem('policy-version'),
      ['/document/version'],
    ]);
    expect(await post({ document: { ...document, version: 1 } })).toEqual([
      409,
      problem('policy-version'),
      ['/document/version'],
    ]);
    expect(await post({ document, effectiveFrom: '2026-03-01T11:59:59.999Z' })).toEqual([
      422,
      problem('in-the-past'),
      ['/effectiveFrom'],
    ]);
    expect(await post({ document, effectiveFrom: 'tomorrow' })).toEqual([422, problem('invalid'), ['/effectiveFrom']]);
    expect(await post({ document: loyalFrom(0) })).toEqual([
      422,
      problem('invalid'),
      expect.arrayContaining(['/document/stages/loyal/purchaseDays']),
    ]);
    expect((await post({ document }, { 'if-match': '"3"' })).slice(0, 2)).toEqual([
      412,
      problem('precondition-failed'),
    ]);
    const whatIfs = await running.post('/v1/audit/what-if', { draft: { ...document, stages: {} } });
    expect([whatIfs.status, whatIfs.body.errors.map(({ pointer }: Body) => pointer)]).toEqual([
      422,
      ['new', 'active', 'loyal', 'at-risk', 'churned'].map((stage) => `/draft/stages/${stage}`),
    ]);
    const later = await running.post('/v1/audit/what-if', { draft: document, asOf: '2026-03-01T12:00:00.001Z' });
    expect([later.status, later.body.type, later.body.errors]).toMatchObject([
      422,
      problem('in-the-future'),
      [{ pointer: '/asOf' }],
    ]);
    expect(await running.store.head()).toBe(head);
    // What a draft may say is published, in the glossary's words.
    const { PolicyDraft, LifecycleDraft } = (await running.get('/openapi.json')).body.components.schemas;
    expect(PolicyDraft.oneOf).toHaveLength(4);
    expect(LifecycleDraft).toMatchObject({
      required: ['policy', 'stages'],
      properties: { stages: { required: ['new', 'active', 'loyal', 'at-risk', 'churned'] } },
    });
    expect(JSON.stringify(LifecycleDraft)).toContain('购买日');
  });

  it('are published once for one Idempotency-Key, and by the first of those who have seen the same revision', async () => {
    const publish = (draft: PolicyDraft, headers: Record<string, string>) =>
      running.post('/v1/policies', { document: draft }, headers);
    const first = await publish(loyalFrom(4), { 'idempotency-key': 'k1', 'if-match': '"0"' });
    expect([first.status, first.body.version]).toEqual([202, 2]);
    running.clock.advance(1_000);
    const again = await publish(loyalFrom(4), { 'idempotency-key': 'k1', 'if-match': '"0"' });
    expect([again.status, again.body.version]).toEqual([200, 2]);
    const other = await publish(loyalFrom(3), { 'idempotency-key': 'k2', 'if-match': '"0"' });
    expect([other.status, other.body.type]).toEqual([412, 'urn:tenure:problem:precondition-failed']);
    const raced = await Promise.all([3, 6].map((days) => publish(loyalFrom(days), { 'if-match': '"1"' })));
    expect(raced.map(({ status }) => status).sort()).toEqual([202, 412]);
    expect((await versions(running)).map(([version]) => version)).toEqual([1, 2, 3]);
  });

  it('may be another lifecycle model, in which customers stand beside the first', async () => {
    await running.publish([1, 3].map((date) => purchase(`ann-${date}`, 'ann', `2026-02-${date + 10}T09:00:00.000Z`)));
    await running.idle();
    const draft: PolicyDraft = {
      policy: 'lifecycle-model',
      model: 'growth',
      stages: [
        { stage: 'acquisition' },
        { stage: 'development', purchaseDays: 2 },
        { stage: 'maturity', purchaseDays: 5, withinDates: 90 },
        { stage: 'decline', silentDays: 90 },
      ],
    };
    const { result } = await whatIf(running, { draft });
    expect(result).toMatchObject({
      moved: 1,
      modelStage: [{ from: 'none', to: 'development', customers: 1 }],
      stageByModelStage: [{ stage: 'active', modelStage: 'development', customers: 1 }],
    });
    const published = await running.post('/v1/policies', { document: draft });
    expect([published.status, published.body.id]).toEqual([202, 'lifecycle-model-1']);
    const analyticsOf = async (query = '') => {
      const state = `${path('ann').replace('/v1/', '/v1/audit/')}/state`;
      return (await running.get(`${state}?${query}`)).body.services.analytics;
    };
    // It is the first: before it nothing was decided, and so it has always held.
    const development = { model: 'growth', stage: 'development', since: '2026-02-13T09:00:00.000Z' };
    expect(await analyticsOf()).toMatchObject({ stage: 'active', model: development });
    expect((await analyticsOf('asOf=2026-02-12T00:00:00Z')).model).toMatchObject({ stage: 'acquisition' });
    running.clock.set(Date.parse('2026-06-01T00:00:00Z'));
    expect((await analyticsOf()).model).toMatchObject({ stage: 'decline', since: '2026-05-14T09:00:00.000Z' });
    expect((await analyticsOf(`knownAt=${now}`)).model).toMatchObject({ stage: 'decline' });
  }, 600_000);

  it('I5: a what-if that is cancelled ends, and one that nobody knows is not found', async () => {
    await running.publish([purchase('ann-1', 'ann', '2026-02-11T09:00:00.000Z')]);
    const begun = await running.post('/v1/audit/what-if', { draft: loyalFrom(3) }, { 'idempotency-key': 'k' });
    expect(begun).toMatchObject({ status: 202, body: { status: 'running', result: null } });
    const same = await running.post('/v1/audit/what-if', { draft: loyalFrom(3) }, { 'idempotency-key': 'k' });
    expect([same.status, same.body.id]).toEqual([200, begun.body.id]);
    const place = begun.headers.get('location') ?? '';
    // Its threads need longer to start than this takes.
    const cancelled = await running.post(`${place}/cancel`, undefined);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', result: null } });
    expect((await running.get(place)).body).toEqual(cancelled.body);
    expect((await running.post(`${place}/cancel`, undefined)).status).toBe(200);
    const unknown = await running.get(`/v1/audit/what-if/${'0'.repeat(32)}`);
    expect([unknown.status, unknown.body.type]).toEqual([404, 'urn:tenure:problem:not-found']);
  });
});

it('a policy that was published over the API stays in force at the next start', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-policies-'));
  try {
    const first = await start({ now, directory });
    expect((await first.post('/v1/policies', { document: loyalFrom(3) })).status).toBe(202);
    await first.publish([1, 2].map((date) => purchase(`ann-${date}`, 'ann', `2026-02-${date + 10}T09:00:00.000Z`)));
    await first.stop();

    const second = await start({ now: day(3), directory });
    try {
      expect((await versions(second)).map(([version, , , inForce]) => [version, inForce])).toEqual([
        [1, false],
        [2, true],
      ]);
      await second.publish([purchase('ann-3', 'ann', day(2))]);
      await second.idle();
      expect((await second.get(path('ann'))).body).toMatchObject({ stage: 'loyal', stageSince: day(2) });
      // Results were of that process.
      expect((await second.get(`/v1/audit/what-if/${'1'.repeat(32)}`)).body.detail).toContain('are forgotten');
    } finally {
      await second.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
