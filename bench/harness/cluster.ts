import { setTimeout as delay } from 'node:timers/promises';
import { baseConfig, enginesOf, loadConfig, openReadStore, type ServedLog, serveLog } from '@tenure/runtime';
import type { Cluster } from '@tenure/testing/cluster';
import { type Child, QUIET, startChild } from './child.ts';

const LOOK_EVERY_MS = 100;
const PATIENCE_MS = 300_000;
const PAGE = 5_000;
/** A version of views without any. */
const EMPTY = 'none';
/** Services that make views or record what follows from events. */
const FOLLOWERS = ['interaction', 'complaint', 'loyalty', 'analytics'];

/** The log that a cluster's services write. To be closed. */
function openClusterLog(cluster: Cluster): Promise<ServedLog> {
  return serveLog(enginesOf(loadConfig(baseConfig, cluster.env)), {
    directory: cluster.directory,
    now: Date.now,
    onIndexFault: () => undefined,
  });
}

/** Resolves once the views of every service have all of the log, and nothing more follows from it. */
export async function clusterSettled(cluster: Cluster): Promise<void> {
  const log = await openClusterLog(cluster);
  const deadline = performance.now() + PATIENCE_MS;
  try {
    for (let head = await log.store.head(); ; ) {
      for (const service of FOLLOWERS) {
        while ((await lagOf(cluster.urls.get(service) ?? '')) > 0) {
          if (performance.now() > deadline) throw new Error(`${service} does not reach the end of the log`);
          await delay(LOOK_EVERY_MS);
        }
      }
      // The lag is looked at four times a second: only what stands still for longer is all there is.
      await delay(5 * LOOK_EVERY_MS);
      const now = await log.store.head();
      if (now === head) return;
      head = now;
    }
  } finally {
    await log.close();
  }
}

/** Seconds, of the views or of what is recorded, whichever is further behind. */
async function lagOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lags = [...text.matchAll(/^tenure_(?:views|recording)_lag_seconds (\S+)$/gm)].map(([, value]) => Number(value));
  return Math.max(...lags);
}

/** One more process of a service of a cluster. */
export interface Instance {
  /** When it began to build the views, if there were none (performance.now). */
  readonly buildingAt: number | undefined;
  /** When it was ready to be asked. */
  readonly readyAt: number;
  readonly url: string;
  /** Resolves when it has ended in good order. */
  stop(): Promise<void>;
}

/** Starts it; resolves once it answers. @throws {Error} when it ends before */
export async function startInstance(cluster: Cluster, service: string): Promise<Instance> {
  const child = startChild(new URL(`../../services/${service}/src/main.ts`, import.meta.url), {
    env: { ...cluster.env, TENURE_PORT: '0' },
    nodeArgs: [QUIET],
  });
  let buildingAt: number | undefined;
  for (;;) {
    const { value, done } = await child.lines.next();
    if (done === true) throw new Error(`${service} ended with ${await child.end()} before it was ready`);
    const { msg = '', at } = JSON.parse(value) as { readonly msg?: string; readonly at?: string };
    if (msg.startsWith('building the views')) buildingAt = performance.now();
    if (msg !== 'ready' || at === undefined) continue;
    void drain(child);
    return { buildingAt, readyAt: performance.now(), url: at, stop: () => ended(child, service) };
  }
}

/** A full pipe must not hold it up. */
async function drain(child: Child): Promise<void> {
  for await (const _ of child.lines);
}

async function ended(child: Child, service: string): Promise<void> {
  const code = await child.end('SIGTERM');
  if (code !== 0) throw new Error(`${service} ended with ${code}`);
}

/** How many events the log of a cluster holds. */
export async function countEvents(cluster: Cluster): Promise<number> {
  const log = await openClusterLog(cluster);
  try {
    let count = 0;
    for (let after: string | undefined; ; ) {
      const page = await log.store.readAllSealed({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      count += page.length;
      after = page.at(-1)?.position;
      if (page.length < PAGE) return count;
    }
  } finally {
    await log.close();
  }
}

/** Leaves a service nothing but what outlives its views: whoever starts next builds them anew. None may be running. */
export async function forgetViews(cluster: Cluster, service: string): Promise<void> {
  const { readStore: engine } = enginesOf(loadConfig(baseConfig, cluster.env));
  const store = await openReadStore({ engine, directory: cluster.directory, owner: service }, 'writer');
  try {
    const current = await store.current();
    const empty = await store.open(EMPTY, []);
    await store.switchTo(EMPTY);
    await empty.close();
    if (current !== undefined && current !== EMPTY) await store.drop(current);
  } finally {
    await store.close();
  }
}
