import { startCluster } from '@tenure/testing/cluster';
import type { Case } from '../harness/case.ts';
import { clusterSettled } from '../harness/cluster.ts';
import { load, post } from '../harness/load.ts';
import { percentile } from '../harness/numbers.ts';
import { sendOpenLoop } from '../harness/open-loop.ts';
import { bodiesInTurn, recentPurchasesOf } from '../harness/purchases.ts';

const P99 = 'p99';
const P999 = 'p99.9';
const PEAK = 'the most purchases accepted';
const SENT = 'of these sent';

const BODIES = { customers: 2_000, purchases: 20_000 };
/** More only wait for each other. */
const CONNECTIONS = 16;

/** From the answer that a purchase is recorded to the answer that shows it, through the gateway of a whole cluster. */
export const clusterVisibleCase: Case = {
  id: 'cluster-visible',
  title: 'On the cluster, from a purchase acknowledged to the customer view that shows it, at half the peak, p50',
  unit: 'ms',
  also: {
    [P99]: { unit: 'ms' },
    [P999]: { unit: 'ms' },
    [PEAK]: { unit: 'purchases/s' },
    [SENT]: { unit: 'purchases/s' },
  },
  needs: ['Kafka', 'MongoDB'],

  async measure({ sizes }) {
    const cluster = await startCluster();
    try {
      const { url } = cluster;
      const body = bodiesInTurn(recentPurchasesOf(BODIES));
      const peak = await load({
        url,
        connections: Math.min(CONNECTIONS, sizes.connections),
        seconds: sizes.peakSeconds,
        next: () => post('/v1/purchases', body()),
        status: 202,
      });
      await clusterSettled(cluster);

      const perSecond = peak / 2;
      const start = performance.now();
      const until = (): boolean => performance.now() - start > sizes.visibleSeconds * 1_000;
      const shown = await sendOpenLoop({ writeUrl: url, readUrl: url, perSecond, until, next: body });
      const ms = shown.map((one) => one.ms);
      return {
        value: percentile(ms, 0.5),
        also: {
          [P99]: percentile(ms, 0.99),
          [P999]: percentile(ms, 0.999),
          [PEAK]: peak,
          [SENT]: shown.length / sizes.visibleSeconds,
        },
      };
    } finally {
      await cluster.stop();
    }
  },
};
