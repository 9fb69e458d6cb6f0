import type { Case } from '../harness/case.ts';
import { load, post } from '../harness/load.ts';
import { percentile } from '../harness/numbers.ts';
import { overload } from '../harness/overload.ts';
import { bodiesInTurn, purchasesOf } from '../harness/purchases.ts';
import { startTenure } from '../harness/tenure.ts';

const PATH = '/v1/purchases';
const BODIES = { customers: 5_000, purchases: 20_000 };
/** Of the capacity. */
const OVERLOAD = 10;
/** As many clients as ask at once; more than are let in. */
const CLIENTS = 800;

/** More purchases than can be taken, from clients that do not wait for each other: those that are accepted, p99. */
export const overloadCase: Case = {
  id: 'overload',
  title: 'Accepted purchases at ten times what can be taken, p99',
  unit: 'ms',
  rawIs: 'the same at half of what can be taken',
  target: { of: 'ratio', atMost: 5 },
  also: { 'memory of the server': { unit: 'MiB', atMost: 768 } },

  async measure({ sizes, stores, profile }) {
    const body = bodiesInTurn(purchasesOf(BODIES));
    const next = (): string => post(PATH, body());
    const directory = await stores.empty();
    const tenure = await startTenure({ directory, profile });
    const seconds = sizes.overloadSeconds;
    const capacity = await load({ url: tenure.url, connections: sizes.connections, seconds, next, status: 202 });
    await tenure.settled();
    const at = async (perSecond: number): Promise<number> => {
      const { accepted } = await overload({ url: tenure.url, perSecond, seconds, connections: CLIENTS, next });
      await tenure.settled();
      return percentile(accepted, 0.99);
    };
    const raw = await at(capacity / 2);
    const value = await at(capacity * OVERLOAD);
    const memory = tenure.peakMebibytes();
    await tenure.stop();
    await stores.drop(directory);
    return { value, raw, also: { 'memory of the server': memory ?? 0 } };
  },
};
