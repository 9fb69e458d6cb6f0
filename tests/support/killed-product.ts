import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from './chance.ts';
import { foldEveryone, recordedOtherwise } from './folded.ts';
import { idKey } from './id-key.ts';
import { type RunningProcess, startProcess } from './process.ts';
import { type Acknowledged, Publisher } from './publisher.ts';
import { type Body, until } from './running.ts';
import { checkpointsOf, openStoredLive } from './stored.ts';
import { storyOf } from './story.ts';

const dayMs = 86_400_000;

/** One process of the product after another on one store, with publishers and readers that outlive them. */
export class KilledProduct {
  readonly #directory: string;
  readonly #chance: Chance;
  readonly #bulk: Publisher;
  readonly #live: Publisher;
  #process: RunningProcess | undefined;
  #clock: number;
  #startedAt = 0;
  /** Of processes that imported. A session is used by two of them, the third goes without. */
  #runs = 0;
  #open: string | undefined;

  constructor(directory: string, chance: Chance) {
    const { bulk, live, end } = storyOf({ seed: chance.below(2 ** 31), customers: 1_000, days: 400 });
    this.#directory = directory;
    this.#chance = chance;
    this.#bulk = new Publisher(bulk);
    this.#live = new Publisher(live.slice(0, 900));
    this.#clock = end;
  }

  get acknowledged(): readonly Acknowledged[] {
    return [...this.#bulk.acknowledged, ...this.#live.acknowledged];
  }

  /** What time it is in the last process, ms since 1970 UTC. */
  get clock(): number {
    return this.#clock + (performance.now() - this.#startedAt);
  }

  /** Starts a process, publishes and reads, and kills it at some point of that; sometimes while it starts. */
  async runUntilKilled(): Promise<void> {
    const chance = this.#chance;
    const early = chance.oneIn(12);
    const running = this.#start();
    if (early) await Promise.race([running.url, delay(chance.between(50, 1_500))]);
    else {
      const url = await running.url;
      const after = this.#bulk.acknowledged.length + chance.between(1, 900);
      const work = this.#work(url).catch(ignoreBroken);
      await until(() => this.#bulk.acknowledged.length >= after || this.#bulk.left === 0, 60_000);
      await delay(chance.between(0, 30));
      await running.kill();
      await work;
    }
    await running.kill();
    this.#bulk.stepBack(chance.between(0, 300));
    this.#live.stepBack(chance.between(0, 3));
  }

  /** Lets the publishers end their work, waits until nothing more follows, reads every customer, and stops. */
  async finish(): Promise<ReadonlyMap<string, Body>> {
    const running = this.#start();
    const url = await running.url;
    await Promise.all([this.#import(url), this.#publish(url)]);
    if (this.#open !== undefined) await this.#close(url, this.#open);
    const ids = await this.#settled();
    const shown = new Map<string, Body>();
    for (const id of ids) shown.set(id, await (await fetch(`${url}/v1/customers/${id}`)).json());
    running.signal('SIGTERM');
    const code = await running.exited;
    if (code !== 0) throw new Error(`the process ended with ${code}`);
    return shown;
  }

  async stop(): Promise<void> {
    await this.#process?.kill();
  }

  #start(): RunningProcess {
    this.#clock = Math.ceil(this.clock) + this.#chance.between(0, 20) * dayMs;
    this.#startedAt = performance.now();
    const env = { TENURE_ID_KEY: idKey, TENURE_CLOCK: new Date(this.#clock).toISOString() };
    this.#process = startProcess({ directory: this.#directory, env });
    return this.#process;
  }

  /** Imports and publishes one by one, side by side, and reads all the while. Rejects when the process is gone. */
  async #work(url: string): Promise<void> {
    const done = new AbortController();
    const reading = readUntil(done.signal, url).catch(ignoreBroken);
    try {
      await Promise.all([this.#import(url), this.#publish(url)]);
    } finally {
      done.abort();
      await reading;
    }
  }

  async #import(url: string): Promise<void> {
    const session = await this.#session(url);
    const query = session === undefined ? '' : `?session=${session}`;
    while (this.#bulk.left > 0) await this.#bulk.sendBatch(url, 400, query);
  }

  async #publish(url: string): Promise<void> {
    while (this.#live.left > 0) await this.#live.sendOne(url);
  }

  async #session(url: string): Promise<string | undefined> {
    const phase = this.#runs % 3;
    const number = Math.floor(this.#runs / 3);
    this.#runs++;
    if (phase === 2) {
      if (this.#open !== undefined) await this.#close(url, this.#open);
      return undefined;
    }
    const { id } = (await post(`${url}/v1/imports`, { name: 'history', fingerprint: `import-${number}` })) as Body;
    this.#open = id;
    return id;
  }

  async #close(url: string, session: string): Promise<void> {
    await post(`${url}/v1/imports/${session}/close`, {});
    this.#open = undefined;
  }

  /** Resolves with all customers once views and recorders have done all there is to do. */
  async #settled(): Promise<readonly string[]> {
    let ids: readonly string[] = [];
    await until(async () => {
      const standing = await checkpointsOf(this.#directory);
      if (standing.views !== standing.recording) return false;
      const { store, events, head, checkpoints, close } = await openStoredLive(this.#directory);
      try {
        if (checkpoints.views !== head || checkpoints.recording !== head) return false;
        const everyone = await foldEveryone(store, events, this.clock);
        ids = [...everyone.keys()];
        return recordedOtherwise(everyone, events).length === 0;
      } finally {
        await close();
      }
    }, 30_000);
    return ids;
  }
}

async function readUntil(signal: AbortSignal, url: string): Promise<void> {
  while (!signal.aborted) {
    for (const path of ['/v1/customers?limit=20&sort=-points', '/v1/analytics/sales', '/v1/analytics/lifecycle']) {
      const response = await fetch(url + path);
      if (response.status !== 200) throw new Error(`${path} got ${response.status}`);
      await response.text();
    }
  }
}

async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} got ${response.status}: ${await response.text()}`);
  return response.json();
}

/** What a client sees of a process that was killed; anything else is a finding. */
function ignoreBroken(error: unknown): void {
  if (error instanceof TypeError || (error instanceof Error && /terminated|lines were answered/.test(error.message))) {
    return;
  }
  throw error;
}
