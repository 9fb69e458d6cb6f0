import type { Case } from '../harness/case.ts';
import { percentile } from '../harness/numbers.ts';
import { chunksOf, linesOf, type PurchaseSet, theDayAfter } from '../harness/purchases.ts';
import { sendLines } from '../harness/send-lines.ts';
import { startTenure } from '../harness/tenure.ts';

/** In the middle of what the customers bought, and after all of it was taken. */
const BOTH = `asOf=2026-02-10T00:00:00Z&knownAt=${theDayAfter}`;
const TIERS = 'customers by tier, likewise';
const LIST = 'a page of customers in one stage, likewise';
const MOVES = 'the whole lifecycle report, likewise';
const ONE = 'one customer with 10,000 events as of an instant';
const HALF = 'half of these within';

/** Reports over many customers as of an instant and of what was known, and a customer with a long history. */
export const asOfCase: Case = {
  id: 'as-of',
  title: 'Customers by stage as of one instant, as known at another, idle, p99',
  unit: 'ms',
  target: { of: 'value', atMost: 100 },
  also: {
    [TIERS]: { unit: 'ms', atMost: 100 },
    [LIST]: { unit: 'ms' },
    [MOVES]: { unit: 'ms' },
    [ONE]: { unit: 'ms', atMost: 50 },
    [HALF]: { unit: 'ms' },
  },

  async measure({ sizes, stores, profile }) {
    const set: PurchaseSet = { customers: sizes.listCustomers, purchases: 2 * sizes.listCustomers };
    const directory = await stores.copyOf(await stores.filled(set));
    const tenure = await startTenure({ directory, profile });
    const timed = async (path: string, times: number): Promise<number> =>
      percentile(await timesOf(tenure.url + path, times), 0.99);
    const value = await timed(`/v1/analytics/lifecycle?parts=counts&${BOTH}`, sizes.asOfReports);
    const tiers = await timed(`/v1/analytics/tiers?parts=counts&${BOTH}`, sizes.asOfReports);
    const list = await timed(`/v1/customers?stage=active&limit=50&${BOTH}`, sizes.asOfReports);
    const moves = await timed(`/v1/analytics/lifecycle?${BOTH}`, 3);
    await tenure.stop();
    await stores.drop(directory);

    const single = await stores.empty();
    const one = await startTenure({ directory: single, profile });
    await sendLines({ url: one.url, chunks: chunksOf(linesOf({ customers: 1, purchases: sizes.longHistory / 2 })) });
    await one.settled();
    const path = '/v1/customers/by-key/members/M1?asOf=2026-02-10T00:00:00Z';
    const long = await timesOf(one.url + path, sizes.asOfReports);
    await one.stop();
    await stores.drop(single);
    return {
      value,
      also: {
        [TIERS]: tiers,
        [LIST]: list,
        [MOVES]: moves,
        [ONE]: percentile(long, 0.99),
        [HALF]: percentile(long, 0.5),
      },
    };
  },
};

/** In ms, of some requests after a first. */
async function timesOf(url: string, times: number): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let number = 0; number <= times; number++) {
    const start = performance.now();
    const answer = await fetch(url);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${text}`);
    if (number > 0) taken.push(performance.now() - start);
  }
  return taken;
}
