import type { Case } from '../harness/case.ts';
import { load, post } from '../harness/load.ts';
import { bodiesInTurn, purchasesOf } from '../harness/purchases.ts';
import { startRawServer } from '../harness/raw.ts';
import { startTenure } from '../harness/tenure.ts';

const PATH = '/v1/purchases';
const BODIES = { customers: 5_000, purchases: 20_000 };

/** One purchase a request, durable when it is answered, while the views follow. */
export const postCase: Case = {
  id: 'post',
  title: 'POST one purchase, durable, the views running',
  unit: 'purchases/s',
  rawIs: 'a bare Fastify JSON route',
  target: { of: 'ratio', atLeast: 0.35 },
  also: { 'all visible after': { unit: 's', atMost: 30 } },

  async measure({ sizes, stores, profile }) {
    const body = bodiesInTurn(purchasesOf(BODIES));
    const next = (): string => post(PATH, body());
    const options = { connections: sizes.connections, seconds: sizes.loadSeconds, next, status: 202 };
    const bare = await startRawServer(stores);
    const raw = await load({ ...options, url: bare.url });
    await bare.stop();

    const directory = await stores.empty();
    const tenure = await startTenure({ directory, profile });
    const value = await load({ ...options, url: tenure.url });
    const end = performance.now();
    const visible = (await tenure.settled()) - end;
    await tenure.stop();
    await stores.drop(directory);
    return { value, raw, also: { 'all visible after': visible / 1_000 } };
  },
};
