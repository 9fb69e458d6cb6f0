import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLifecycle } from '@tenure/domain';
import { StoreLockedError } from '@tenure/event-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { baseConfig } from '../base-config.ts';
import { createManualClock } from '../clock.ts';
import { ConfigError, loadConfig } from '../config.ts';
import { IdKeyError } from '../id-key.ts';
import { policyStream } from '../policies.ts';
import { publishDraft } from '../policy-versions.ts';
import type { Service } from '../service.ts';
import { createLog } from '../telemetry/log.ts';
import { service as notes } from './fixtures/notes.ts';
import { PolicyVersionError } from './publish-policies.ts';
import { ClockBehindError, type ProcessOptions, type RunningProcess, startProcess } from './start-process.ts';

let directory: string;
let running: RunningProcess[];
const clock = createManualClock(Date.parse('2026-03-01T12:00:00Z'));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-process-'));
  running = [];
});
afterEach(async () => {
  for (const one of running) await one.stop();
  rmSync(directory, { recursive: true });
});

async function start(env: Record<string, string> = {}, more: Partial<ProcessOptions> = {}): Promise<RunningProcess> {
  const started = await startProcess({
    name: 'notes',
    services: [notes],
    config: loadConfig(baseConfig, { TENURE_PORT: '0', TENURE_DATA: directory, TENURE_GRACE_MS: '3000', ...env }),
    info: { title: 'Notes', version: '0.0.0', description: 'For tests' },
    log: createLog({ level: 'silent', service: 'test' }),
    clock: clock.description,
    checkAnswers: true,
    ...more,
  });
  running.push(started);
  return started;
}

const refusalOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  );

const call = async (process: RunningProcess, method: string, path: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${process.url}${path}`, { method, headers });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as { position?: string } };
};

describe('a process', () => {
  it('serves, says that it is ready, and finds everything again', async () => {
    const first = await start();
    const written = await call(first, 'POST', '/v1/notes/a');
    expect(written.status).toBe(202);
    const position = written.headers.get('tenure-position') ?? '';
    expect(position).toBe(written.body.position);
    const headers = { 'tenure-min-position': position };
    expect((await call(first, 'GET', '/v1/notes/a', headers)).body).toEqual({ events: 1 });
    expect((await call(first, 'GET', '/readyz')).body).toEqual({
      status: 'ready',
      dependencies: { 'event-store': 'ok', views: 'ok' },
      clock: '2026-03-01T12:00:00.000Z',
    });
    expect(await first.stop()).toBe(true);

    const second = await start();
    expect(await call(second, 'POST', '/v1/notes/a')).toMatchObject({ status: 200, body: written.body });
    expect((await call(second, 'GET', '/v1/notes/a', headers)).body).toEqual({ events: 1 });
  });

  it('tells how far its views are behind', async () => {
    const process = await start();
    const text = await (await fetch(`${process.url}/metrics`)).text();
    expect(text).toMatch(/^tenure_views_lag_seconds \d/m);
    expect(text).toMatch(/^tenure_views_parked 0$/m);
    expect(text).toMatch(/^tenure_http_requests_at_work 1$/m);
  });

  it('has its data to itself', async () => {
    const first = await start();
    expect(await refusalOf(start())).toBeInstanceOf(StoreLockedError);
    expect((await call(first, 'POST', '/v1/notes/a')).status).toBe(202);
  });

  it('is not started by a clock that is behind the log', async () => {
    await (await start()).stop();
    const behind = createManualClock(clock.now() - 1);
    const refusal = await refusalOf(start({}, { clock: behind.description }));
    expect(refusal).toBeInstanceOf(ClockBehindError);
    expect(String(refusal)).toContain('2026-03-01T12:00:00.000Z');
    await start();
  });

  it('is not started with another id key', async () => {
    await (await start()).stop();
    expect(await refusalOf(start({ TENURE_ID_KEY: 'ab'.repeat(32) }))).toBeInstanceOf(IdKeyError);
  });

  it.each(['0.0.0.0', '192.0.2.1', '::', 'example.org'])('does not listen on %s without keys', async (host) => {
    const refusal = await refusalOf(start({ TENURE_HOST: host }));
    expect(refusal).toBeInstanceOf(ConfigError);
    expect(String(refusal)).toContain('TENURE_HOST: without TENURE_KEYS only loopback');
  });

  it('listens elsewhere with keys', async () => {
    const keys = JSON.stringify([{ id: 'a', hash: `sha256:${'0'.repeat(64)}`, scopes: ['*'] }]);
    const process = await start({ TENURE_HOST: '0.0.0.0', TENURE_KEYS: keys });
    const port = new URL(process.url).port;
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/v1/notes/a`)).status).toBe(401);
  });

  it('leaves nothing open when its port is taken', async () => {
    const first = await start();
    const port = new URL(first.url).port;
    const elsewhere = join(directory, 'elsewhere');
    expect(await refusalOf(start({ TENURE_PORT: port, TENURE_DATA: elsewhere }))).toMatchObject({ code: 'EADDRINUSE' });
    await start({ TENURE_DATA: elsewhere });
  });
});

describe('policies', () => {
  const withPolicy = (version: number, silentDays: number): readonly Service[] => {
    const stages = { ...defaultLifecycle.stages, 'at-risk': { silentDays } };
    return [{ ...notes, policies: [{ ...defaultLifecycle, version, stages }] }];
  };
  const published = async (process: RunningProcess) =>
    (await process.context.store.readStream(policyStream('lifecycle'))).map(({ data }) => data);

  it('are published once, the first to have held for ever, a later one from its start', async () => {
    await (await start({}, { services: withPolicy(1, 90) })).stop();
    await (await start({}, { services: withPolicy(1, 90) })).stop();
    clock.advance(60_000);
    const process = await start({}, { services: withPolicy(2, 60) });
    expect(await published(process)).toMatchObject([
      { effectiveFrom: null, document: { version: 1 } },
      { effectiveFrom: '2026-03-01T12:01:00.000Z', document: { version: 2 } },
    ]);
    await process.stop();
    // An older program leaves the newer policy in force.
    expect(await published(await start({}, { services: withPolicy(1, 90) }))).toHaveLength(2);
  });

  it('are those of whoever published the last, from then on, whatever programs come with', async () => {
    const first = await start({}, { services: withPolicy(1, 80) });
    const { version: _, ...draft } = defaultLifecycle;
    const origin = { actor: 'analyst', requestId: 'r', correlationId: 'r' };
    const none = { traceparent: undefined, idempotencyKey: undefined, ifMatch: undefined };
    await publishDraft(first.context, {
      service: 'analytics',
      operationId: 'publishPolicy',
      origin: { ...origin, ...none },
      draft,
      effectiveFrom: undefined,
    });
    const theirs = await published(first);
    expect(theirs).toHaveLength(2);
    await first.stop();
    for (const version of [1, 2, 3]) {
      const next = await start({}, { services: withPolicy(version, 30) });
      expect(await published(next)).toEqual(theirs);
      await next.stop();
    }
  });

  it('are not changed under a version that was used', async () => {
    await (await start({}, { services: withPolicy(1, 90) })).stop();
    expect(await refusalOf(start({}, { services: withPolicy(1, 60) }))).toBeInstanceOf(PolicyVersionError);
  });
});
