import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIdKey } from '../id-key.ts';
import { createIds } from '../ids.ts';

const main = fileURLToPath(new URL('./fixtures/main.ts', import.meta.url));

let directory: string;
let children: ChildProcess[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-run-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exited: Promise<number | null>;
  output(): string;
}

function launch(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, TENURE_PORT: '0', TENURE_DATA: join(directory, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, output: () => output };
}

async function start(env: Record<string, string> = {}): Promise<Running> {
  const launched = launch(env);
  await expect.poll(launched.output, { timeout: 20_000 }).toContain('"msg":"ready"');
  const url = /"at":"(http[^"]+)"/.exec(launched.output())?.[1] ?? '';
  return { ...launched, url };
}

/** Status of the answer, or the kind of its problem; undefined if there was none. */
function post(url: string, agent: Agent): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += String(chunk);
      });
      answer.on('end', () => resolve((answer.statusCode ?? 0) < 400 ? answer.statusCode : JSON.parse(body).type));
      answer.on('error', () => resolve(undefined));
    });
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}

describe('a process that is told to stop', () => {
  it('I15: loses no request that it accepted, under load, and is gone within its grace', async () => {
    const graceMs = 10_000;
    const { child, url, exited, output } = await start({ TENURE_GRACE_MS: String(graceMs) });
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    const acknowledged: string[] = [];
    const outcomes = new Set<number | string | undefined>();
    let sent = 0;
    const client = async (): Promise<void> => {
      for (let failures = 0; failures < 3; ) {
        const name = `note-${sent++}`;
        const status = await post(`${url}/v1/notes/${name}`, agent);
        outcomes.add(status);
        if (status === 202) acknowledged.push(name);
        else failures++;
      }
    };
    const clients = Array.from({ length: 50 }, client);
    await expect.poll(() => acknowledged.length, { timeout: 15_000 }).toBeGreaterThan(500);
    const stoppedAt = performance.now();
    child.kill('SIGTERM');
    const code = await exited;
    const took = performance.now() - stoppedAt;
    await Promise.all(clients);
    agent.destroy();
    expect(code, output()).toBe(0);
    expect(took).toBeLessThan(graceMs);
    // Whoever was not served was told so, or found nobody there.
    expect([...outcomes]).toSatisfy((all: unknown[]) =>
      all.every((one) => one === 202 || one === undefined || one === 'urn:tenure:problem:shutting-down'),
    );

    const data = join(directory, 'data');
    const ids = createIds(openIdKey(data));
    const store = await openSqliteEventStore({ directory: data });
    const recorded = (await store.readAll({ limit: 1_000_000 })).filter(({ type }) => type === 'FollowUpMoved');
    await store.close();
    // What was acknowledged is there, and nothing was done whose client was left without an answer.
    const streams = acknowledged.map((name) => ids.followUpStream('notes', name));
    expect(recorded.map(({ stream }) => stream).sort()).toEqual(streams.sort());
  });

  it('finishes what it let in, and cuts it off when its grace is over', async () => {
    const { child, url, exited } = await start({ TENURE_GRACE_MS: '500' });
    const agent = new Agent();
    const waiting = post(`${url}/v1/wait`, agent);
    await expect
      .poll(async () => (await (await fetch(`${url}/metrics`)).text()).includes('tenure_http_requests_at_work 2'))
      .toBe(true);
    child.kill('SIGTERM');
    expect(await waiting).toBeUndefined();
    expect(await exited).toBe(1);
  });

  it('ends at once when it is told so again', async () => {
    const { child, url, exited, output } = await start({ TENURE_GRACE_MS: '600000' });
    const waiting = post(`${url}/v1/wait`, new Agent());
    await expect
      .poll(async () => (await (await fetch(`${url}/metrics`)).text()).includes('tenure_http_requests_at_work 2'))
      .toBe(true);
    child.kill('SIGTERM');
    await expect.poll(output).toContain('"msg":"shutting down"');
    child.kill('SIGINT');
    expect(await exited).toBe(1);
    expect(await waiting).toBeUndefined();
  });
});

describe('a process that cannot start', () => {
  it('says all that is wrong with its configuration, and nothing else', async () => {
    const { exited, output } = launch({ TENURE_PORT: 'x', TENURE_ZONE: 'y', TENURE_ID_KEY: 'a-secret' });
    expect(await exited).toBe(1);
    expect(
      output()
        .trim()
        .split('\n')
        .map((line) => line.trim().split(':')[0]),
    ).toEqual(['The configuration is not usable', 'TENURE_PORT', 'TENURE_ZONE', 'TENURE_ID_KEY']);
    expect(output()).not.toContain('a-secret');
  });

  it('says so when another process has the data', async () => {
    await start();
    const { exited, output } = launch();
    expect(await exited).toBe(1);
    expect(output()).toContain('is being written by another process');
    expect(output()).not.toContain(' at ');
  });
});
