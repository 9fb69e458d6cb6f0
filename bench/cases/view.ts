import type { Case } from '../harness/case.ts';
import { someCustomers, viewsInTurn } from '../harness/customers.ts';
import { get, load } from '../harness/load.ts';
import { startRawServer } from '../harness/raw.ts';
import { purchasesFor } from '../harness/sizes.ts';
import { startTenure } from '../harness/tenure.ts';

const CUSTOMERS = 1_000;

/** Single customer views by id, of customers all over a large store. */
export const viewCase: Case = {
  id: 'view',
  title: 'A customer view by id',
  unit: 'requests/s',
  rawIs: 'a bare Fastify route with the same bytes',
  target: { of: 'ratio', atLeast: 0.6 },

  async measure({ sizes, stores, profile }) {
    const set = purchasesFor(sizes.manyEvents);
    const directory = await stores.copyOf(await stores.filled(set));
    const tenure = await startTenure({ directory, profile });
    const customers = await someCustomers(tenure.url, set.customers, CUSTOMERS);
    const path = viewsInTurn(customers);
    const options = {
      connections: sizes.connections,
      seconds: sizes.loadSeconds,
      next: () => get(path()),
      status: 200,
    };
    const value = await load({ ...options, url: tenure.url });
    await tenure.stop();
    await stores.drop(directory);

    const bare = await startRawServer(stores, customers[0]?.json);
    const raw = await load({ ...options, url: bare.url });
    await bare.stop();
    return { value, raw };
  },
};
