import type { Case } from '../harness/case.ts';
import { percentile } from '../harness/numbers.ts';
import { startRawServer } from '../harness/raw.ts';
import { startTenure } from '../harness/tenure.ts';

const FILTERS = ['stage=active', 'stage=loyal', 'tier=silver', 'class=existing&sort=-points'];
const LIMIT = 50;

/** Pages of customers by an indexed filter, one request after the other, nothing else going on. */
export const listCase: Case = {
  id: 'list',
  title: 'A page of customers by an indexed filter, idle, p99',
  unit: 'ms',
  rawIs: 'a bare Fastify route with the same bytes',
  target: { of: 'value', atMost: 20 },

  async measure({ sizes, stores, profile }) {
    const set = { customers: sizes.listCustomers, purchases: 2 * sizes.listCustomers };
    const directory = await stores.copyOf(await stores.filled(set));
    const tenure = await startTenure({ directory, profile });
    const { times, page } = await timePages(tenure.url, sizes.listPages);
    await tenure.stop();
    await stores.drop(directory);

    const bare = await startRawServer(stores, page);
    const { times: rawTimes } = await timePages(bare.url, sizes.listPages);
    await bare.stop();
    return { value: percentile(times, 0.99), raw: percentile(rawTimes, 0.99) };
  },
};

/** Goes through the pages of each filter in turn. */
async function timePages(url: string, pages: number): Promise<{ readonly times: number[]; readonly page: string }> {
  const times: number[] = [];
  const cursors = new Map<string, string>();
  let page = '';
  for (let number = 0; number < pages; number++) {
    const filter = FILTERS[number % FILTERS.length] ?? '';
    const cursor = cursors.get(filter);
    const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const start = performance.now();
    const answer = await fetch(`${url}/v1/customers?${filter}&limit=${LIMIT}${from}`);
    const text = await answer.text();
    times.push(performance.now() - start);
    if (answer.status !== 200) throw new Error(`${filter}: ${answer.status} ${text}`);
    const { nextCursor } = JSON.parse(text) as { readonly nextCursor: string | null };
    if (nextCursor === null) cursors.delete(filter);
    else cursors.set(filter, nextCursor);
    if (text.length > page.length) page = text;
  }
  return { times, page };
}
