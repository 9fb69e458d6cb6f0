import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readPolicies } from '@tenure/runtime';
import { describe, expect, it } from 'vitest';
import { chanceFor, isFull } from '../support/chance.ts';
import { expectedView, shownView } from '../support/expected-view.ts';
import { purchase } from '../support/facts.ts';
import { foldCustomer, foldEveryone } from '../support/folded.ts';
import { idKey } from '../support/id-key.ts';
import { startProcess } from '../support/process.ts';
import { type Body, type Running, start, until } from '../support/running.ts';
import { openStored } from '../support/stored.ts';
import { hasEnded, jobOnce, runJob } from '../support/view-jobs.ts';

const now = '2026-03-01T00:00:00.000Z';
const customers = 60;
const keyOf = (n: number): string => `K${n % customers}`;
/** Each on a minute of its own. */
const instantOf = (n: number): string => new Date(Date.UTC(2024, 0, 1) + n * 60_000).toISOString();
const history = (count: number) =>
  Array.from({ length: count }, (_, n) => purchase(`h${n}`, keyOf(n), instantOf(n), 100));

describe('a rebuild under load', () => {
  it('I8: readers see every acknowledged write at every moment, once, and lists go on over the switch', async () => {
    const running = await start({ now });
    try {
      await running.publish(history(6_000));
      await running.settled();
      const load = new Load(running, 6_000);
      const jobs: Body[] = [];
      for (let round = 0; round < 2; round++) jobs.push(await runJob(running, 'rebuilds', { view: 'all' }));
      const back = jobs.at(-1)?.id;
      expect((await running.post(`/v1/audit/rebuilds/${back}/switch-back`, undefined)).status).toBe(202);
      jobs.push(await jobOnce(running, `/v1/audit/rebuilds/${back}`));
      await load.stop();
      expect(jobs.map(({ status, failure }) => [status, failure])).toEqual([
        ['switched', null],
        ['switched', null],
        ['returned', null],
      ]);
      for (const { comparison } of jobs) expect(comparison).toMatchObject({ differences: 0 });
      expect(load.faults).toEqual([]);
      expect(load.reads, 'reads while it was rebuilt').toBeGreaterThan(20);
      expect(load.lists, 'lists that were begun in one version and went on in another').toBeGreaterThan(0);
      await running.settled();
      await expectFolded(running);
      const { comparison } = await runJob(running, 'verifications', {});
      expect(comparison).toMatchObject({ differences: 0, unsettled: 0 });
    } finally {
      await running.stop();
    }
  }, 240_000);
});

describe('kill -9 while views are rebuilt', () => {
  const kills = isFull ? 12 : 4;

  it('I8: whoever starts next goes on with it, and switches to what the log says', async () => {
    const chance = chanceFor('I8');
    const directory = mkdtempSync(join(tmpdir(), 'tenure-rebuild-'));
    let hours = 0;
    // Each process begins after what the one before it has recorded.
    const startNext = () => {
      const clock = new Date(Date.parse(now) + ++hours * 3_600_000).toISOString();
      return startProcess({ directory, env: { TENURE_ID_KEY: idKey, TENURE_CLOCK: clock } });
    };
    let product = startNext();
    try {
      let url = await product.url;
      await publish(url, history(8_000));
      let atWork = 0;
      let sent = 0;
      let id = '';
      for (let kill = 0; kill < kills; kill++) {
        const before = (await get(url, '/v1/audit/rebuilds')).items.find((job: Body) => !hasEnded(job));
        id = before?.id ?? (await post(url, '/v1/audit/rebuilds', { view: 'all' })).id;
        const publishing = publish(url, [purchase(`k${sent}`, keyOf(sent), instantOf(8_000 + sent), 100)]);
        sent++;
        await publishing;
        const stage = kill === 0 ? 'building' : chance.pick(['building', 'comparing', 'switching', 'switched']);
        let seen: Body;
        await until(async () => {
          seen = await get(url, `/v1/audit/rebuilds/${id}`);
          return seen.status === stage || hasEnded(seen);
        });
        await delay(chance.between(0, 40));
        await product.kill();
        if (!hasEnded(seen)) atWork++;
        process.stdout.write(`I8: killed while ${seen.status}\n`);
        product = startNext();
        url = await product.url;
      }
      expect(atWork, 'kills while it was at work').toBeGreaterThanOrEqual(kills / 4);
      let job: Body;
      await until(async () => {
        job = await get(url, `/v1/audit/rebuilds/${id}`);
        return hasEnded(job);
      });
      expect(job).toMatchObject({ status: 'switched', failure: null, comparison: { differences: 0 } });
      const sales = await get(url, '/v1/analytics/sales');
      expect(sales.items).toMatchObject([{ orders: 8_000 + sent, grossMinor: (8_000 + sent) * 100 }]);
      const verification = await post(url, '/v1/audit/verifications', {});
      await until(async () => {
        job = await get(url, `/v1/audit/verifications/${verification.id}`);
        return hasEnded(job);
      });
      expect(job).toMatchObject({ status: 'done', comparison: { differences: 0, unsettled: 0 } });
      product.signal('SIGTERM');
      expect(await product.exited).toBe(0);
      await expectStored(directory);
    } finally {
      await product.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 240_000);
});

/** Publishes and reads without a pause, and notes what must not be. */
class Load {
  readonly faults: string[] = [];
  reads = 0;
  lists = 0;
  readonly #running: Running;
  readonly #bought = new Map<string, number>();
  readonly #work: readonly Promise<void>[];
  #next: number;
  #stopping = false;

  constructor(running: Running, from: number) {
    this.#running = running;
    this.#next = from;
    for (let n = 0; n < from; n++) this.#bought.set(keyOf(n), (this.#bought.get(keyOf(n)) ?? 0) + 1);
    this.#work = [this.#publish(), this.#list(), this.#report()];
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#work);
  }

  /** One purchase after the other; each is seen by whoever asks for its position. */
  async #publish(): Promise<void> {
    while (!this.#stopping) {
      const n = this.#next++;
      const key = keyOf(n);
      const { type: _type, ...body } = purchase(`l${n}`, key, instantOf(n), 100);
      const { status, body: answer } = await this.#running.post('/v1/purchases', body);
      if (status !== 202) this.faults.push(`a purchase got ${status}`);
      const bought = (this.#bought.get(key) ?? 0) + 1;
      this.#bought.set(key, bought);
      const path = `/v1/customers/${answer.customerId}`;
      const read = await this.#running.get(path, { 'tenure-min-position': answer.position });
      this.reads++;
      if (read.status !== 200) this.faults.push(`a customer got ${read.status}: ${JSON.stringify(read.body)}`);
      else if (read.body.frequency !== bought) this.faults.push(`${bought} bought, ${read.body.frequency} shown`);
    }
  }

  /** Lists of all customers, page by page, with a pause for a switch to come in between. */
  async #list(): Promise<void> {
    while (!this.#stopping) {
      const seen: string[] = [];
      const versions = new Set<string>();
      let cursor: string | null = null;
      do {
        versions.add(this.#running.views().version);
        const query: string = cursor === null ? '' : `&cursor=${cursor}`;
        const { status, body } = await this.#running.get(`/v1/customers?sort=customerSince&limit=10${query}`);
        if (status !== 200) this.faults.push(`a list got ${status}: ${JSON.stringify(body)}`);
        seen.push(...(body.items ?? []).map(({ id }: Body) => id));
        cursor = body.nextCursor ?? null;
        await delay(10);
      } while (cursor !== null);
      if (versions.size > 1) this.lists++;
      if (seen.length !== customers || new Set(seen).size !== customers) this.faults.push(`${seen.length} were listed`);
    }
  }

  /** Sales only ever grow. */
  async #report(): Promise<void> {
    let before = 0;
    while (!this.#stopping) {
      const { status, body } = await this.#running.get('/v1/analytics/sales');
      if (status !== 200) this.faults.push(`the report got ${status}`);
      const orders = body.items?.[0]?.orders ?? 0;
      if (orders < before) this.faults.push(`${orders} orders after ${before}`);
      before = orders;
      await delay(20);
    }
  }
}

async function expectFolded(running: Running): Promise<void> {
  const everyone = await foldEveryone(running.store, await running.events(), Date.parse(now));
  expect(everyone.size).toBe(customers);
  for (const [id, { state, ids }] of everyone) {
    expect(shownView((await running.get(`/v1/customers/${id}`)).body)).toEqual(expectedView(state, ids));
  }
}

/** What a process that is gone has left is what the log says, at the instant that each document shows. */
async function expectStored(directory: string): Promise<void> {
  const stored = await openStored(directory);
  try {
    const policies = await readPolicies(stored.store);
    const documents = await stored.documents('customers');
    expect(documents).toHaveLength(customers);
    for (const { document } of documents) {
      const until = Number((document._times as { until: number }).until);
      const folded = await foldCustomer(stored.store, document._id, policies, { until });
      expect(folded && expectedView(folded.state, folded.ids)).toEqual(shownView(document));
    }
  } finally {
    await stored.close();
  }
}

async function publish(url: string, facts: readonly object[]): Promise<void> {
  const response = await fetch(`${url}/v1/facts/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: facts.map((fact) => `${JSON.stringify(fact)}\n`).join(''),
  });
  const answers = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const refused = answers.filter(({ status }) => status !== 202 && status !== 200);
  if (refused.length > 0) throw new Error(JSON.stringify(refused[0]));
}

async function get(url: string, path: string): Promise<Body> {
  const response = await fetch(url + path);
  if (response.status !== 200) throw new Error(`${path} got ${response.status}: ${await response.text()}`);
  return response.json();
}

async function post(url: string, path: string, body: object): Promise<Body> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 202) throw new Error(`${path} got ${response.status}: ${await response.text()}`);
  return response.json();
}
