import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPolicies } from '@tenure/runtime';
import { expect, it } from 'vitest';
import { expectedView, shownView } from '../support/expected-view.ts';
import { purchase } from '../support/facts.ts';
import { foldCustomer, foldEveryone, recordedOtherwise } from '../support/folded.ts';
import { idKey } from '../support/id-key.ts';
import { expectWhole } from '../support/log-checks.ts';
import { startProcess } from '../support/process.ts';
import { type Acknowledged, nameOf } from '../support/publisher.ts';
import { until } from '../support/running.ts';
import { openStored } from '../support/stored.ts';

/** Room for the empty store and some hundreds of purchases. */
const smallMiB = 12;
const largeMiB = 256;
const customers = 20;
/** So many refusals, one after the other, are a full disk and no passing trouble. */
const refusalsWanted = 30;

const why =
  process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'a disk of its own is mounted by root, on Linux';

it('I10: a full disk: every write is refused cleanly or durable, reads go on, and so do writes and views once there is room', async (test) => {
  if (why !== undefined) return test.skip(why);
  const directory = mkdtempSync(join(tmpdir(), 'tenure-disk-full-'));
  mount(['-t', 'tmpfs', '-o', `size=${smallMiB}m`, 'tmpfs', directory]);
  const running = startProcess({ directory, env: { TENURE_ID_KEY: idKey } });
  try {
    const url = await running.url;
    const acknowledged: Acknowledged[] = [];
    const refusals = new Set<string>();
    const left: string[] = [];
    const publish = async (orderId: string): Promise<boolean> => {
      const fact = purchase(orderId, `K-${Number(orderId) % customers}`, '2026-01-01T10:00:00Z');
      const { type: _type, ...body } = fact;
      const answer = await fetch(`${url}/v1/purchases`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const { id, position, type } = (await answer.json()) as { id: string; position: string; type?: string };
      const isTaken = answer.status === 202 || answer.status === 200;
      if (isTaken) acknowledged.push({ name: nameOf(fact), id, position, status: answer.status });
      else refusals.add(`${answer.status} ${type} ${answer.headers.has('retry-after') ? 'retry' : ''}`);
      return isTaken;
    };
    for (let number = 0; left.length < refusalsWanted; number++) {
      if (number > 100_000) throw new Error(`${number} purchases fit on ${smallMiB} MiB`);
      if (!(await publish(String(number)))) left.push(String(number));
    }
    expect(acknowledged.length).toBeGreaterThan(100);
    expect([...refusals]).toEqual(['503 urn:tenure:problem:store-unavailable retry']);
    const seen = await fetch(`${url}/v1/customers?limit=${customers}`);
    expect(seen.status).toBe(200);

    mount(['-o', `remount,size=${largeMiB}m`, directory]);
    for (const orderId of left) await until(() => publish(orderId), 30_000);
    const last = acknowledged.at(-1)?.position ?? '';
    await until(async () => {
      const answer = await fetch(`${url}/v1/customers?limit=${customers}`, {
        headers: { 'tenure-min-position': last },
      });
      return answer.status === 200 && ((await answer.json()) as { items: unknown[] }).items.length === customers;
    }, 60_000);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    // What is derived is recorded as well.
    await until(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return /^tenure_recording_lag_seconds 0$/m.test(metrics);
    }, 60_000);
    running.signal('SIGTERM');
    expect(await running.exited).toBe(0);

    const stored = await openStored(directory);
    try {
      expectWhole(stored.events, acknowledged);
      const now = Date.now();
      expect(recordedOtherwise(await foldEveryone(stored.store, stored.events, now), stored.events)).toEqual([]);
      const policies = await readPolicies(stored.store);
      for (const { document } of await stored.documents('customers')) {
        const { until: at } = document._times as { until: number };
        const folded = await foldCustomer(stored.store, document._id, policies, { until: at });
        expect(folded).toBeDefined();
        if (folded !== undefined) expect(shownView(document)).toEqual(expectedView(folded.state, folded.ids));
      }
    } finally {
      await stored.close();
    }
  } finally {
    await running.kill();
    execFileSync('umount', [directory]);
    rmSync(directory, { recursive: true });
  }
}, 180_000);

function mount(args: readonly string[]): void {
  execFileSync('mount', args);
}
