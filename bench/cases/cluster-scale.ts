import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, startCluster } from '@tenure/testing/cluster';
import type { Case } from '../harness/case.ts';
import { clusterSettled, countEvents, forgetViews, type Instance, startInstance } from '../harness/cluster.ts';
import { type Shown, sendOpenLoop } from '../harness/open-loop.ts';
import { bodiesInTurn, chunksOf, lineOf, recentPurchasesOf } from '../harness/purchases.ts';
import { sendLines } from '../harness/send-lines.ts';

const STEADY = 'longest pause while nobody comes or goes';
const LEAVES = 'longest pause while one of two leaves';
const JOINS = 'longest pause while a second one joins';

const SERVICE = 'analytics';
/** What runs beside it: the others would only share the machine. */
const BESIDE = ['relay', 'interaction'];
/** Purchases that are sent, and asked for, while the group changes: few, so that the machine has room. */
const PER_SECOND = 20;

/** How fast instances build the views of a log anew, and for how long nothing is shown while the group changes. */
export const clusterScaleCase: Case = {
  id: 'cluster-scale',
  title: 'On the cluster, two instances of a service that catch up with a log',
  unit: 'events/s',
  rawIs: 'one instance',
  also: { [STEADY]: { unit: 'ms' }, [LEAVES]: { unit: 'ms' }, [JOINS]: { unit: 'ms' } },
  needs: ['Kafka', 'MongoDB'],

  async measure({ sizes }) {
    const cluster = await startCluster();
    const instances: Instance[] = [];
    try {
      const set = { customers: Math.ceil(sizes.scalePurchases / 10), purchases: sizes.scalePurchases };
      const purchases = [...recentPurchasesOf(set)];
      await sendLines({ url: cluster.url, chunks: chunksOf(purchases.map(lineOf)) });
      await clusterSettled(cluster);
      for (const [name, own] of cluster.services) if (!BESIDE.includes(name)) await own.stop();
      const events = await countEvents(cluster);

      const one = await catchUp(cluster, 1);
      for (const instance of one.instances) await instance.stop();
      const two = await catchUp(cluster, 2);
      instances.push(...two.instances);

      const pauses = await watchPauses(cluster, instances, bodiesInTurn(purchases), sizes.watchSeconds * 1_000);
      return { value: events / (two.ms / 1_000), raw: events / (one.ms / 1_000), also: pauses };
    } finally {
      for (const instance of instances) await instance.stop();
      await cluster.stop();
    }
  },
};

/** From when the first instance begins until all of them have all of the log, which each shows only then. */
async function catchUp(cluster: Cluster, count: number): Promise<{ instances: readonly Instance[]; ms: number }> {
  await forgetViews(cluster, SERVICE);
  const instances = await Promise.all(Array.from({ length: count }, () => startInstance(cluster, SERVICE)));
  const begun = Math.min(...instances.map(({ buildingAt = Number.POSITIVE_INFINITY }) => buildingAt));
  const ready = Math.max(...instances.map(({ readyAt }) => readyAt));
  return { instances, ms: ready - begun };
}

/**
 * Asks an instance that stays for each purchase by its position while another one leaves, and one more joins.
 * @param instances two; afterwards the one that stays and the one that joined
 */
async function watchPauses(
  cluster: Cluster,
  instances: Instance[],
  next: () => string,
  watchMs: number,
): Promise<Readonly<Record<string, number>>> {
  let isOver = false;
  const watching = sendOpenLoop({
    writeUrl: cluster.urls.get('interaction') ?? '',
    readUrl: instances[0]?.url ?? '',
    perSecond: PER_SECOND,
    until: () => isOver,
    next,
  });
  const periods: { readonly name: string; readonly from: number; readonly to: number }[] = [];
  const during = async (name: string, change: () => Promise<void>): Promise<void> => {
    const from = performance.now();
    await change();
    await delay(watchMs);
    periods.push({ name, from, to: performance.now() });
  };
  await delay(watchMs);
  await during(STEADY, async () => undefined);
  await during(LEAVES, async () => instances.pop()?.stop());
  await during(JOINS, async () => void instances.push(await startInstance(cluster, SERVICE)));
  isOver = true;
  const shown = await watching;
  return Object.fromEntries(periods.map(({ name, from, to }) => [name, longestPause(shown, from, to)]));
}

/** The longest time, ms, in which nothing was shown. */
function longestPause(shown: readonly Shown[], from: number, to: number): number {
  const instants = shown.map(({ at }) => at).filter((at) => at > from && at < to);
  const all = [from, ...instants.sort((left, right) => left - right), to];
  return Math.max(...all.slice(1).map((at, index) => at - (all[index] ?? from)));
}
