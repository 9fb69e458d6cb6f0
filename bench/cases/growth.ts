import type { Case, CaseContext } from '../harness/case.ts';
import { someCustomers, viewsInTurn } from '../harness/customers.ts';
import { get, load } from '../harness/load.ts';
import { chunksOf, linesOf, type PurchaseSet } from '../harness/purchases.ts';
import { sendLines } from '../harness/send-lines.ts';
import { purchasesFor } from '../harness/sizes.ts';
import { startTenure } from '../harness/tenure.ts';

const APPEND = 'append, in times of the small store';
const VIEW = 'view by id, in times of the small store';
const CUSTOMERS = 500;
const VIEW_SECONDS = 3;

/** What an append and a view cost on a large log against a small one. */
export const growthCase: Case = {
  id: 'growth',
  title: 'At 1,000,000 events against 10,000, the worse of: append, view by id',
  unit: 'us',
  rawIs: 'the same on the small store',
  target: { of: 'ratio', atMost: 1.5 },
  also: { [APPEND]: { unit: 'x', atMost: 1.5 }, [VIEW]: { unit: 'x', atMost: 1.5 } },

  async measure(context) {
    const small = await costs(context, purchasesFor(context.sizes.fewEvents));
    const large = await costs(context, purchasesFor(context.sizes.manyEvents));
    const append = large.append / small.append;
    const view = large.view / small.view;
    const worse = append > view ? { value: large.append, raw: small.append } : { value: large.view, raw: small.view };
    return { ...worse, also: { [APPEND]: append, [VIEW]: view } };
  },
};

/** In us: a view by id under load, and a purchase in a batch. */
async function costs(
  { sizes, stores, profile }: CaseContext,
  set: PurchaseSet,
): Promise<{ readonly append: number; readonly view: number }> {
  const directory = await stores.copyOf(await stores.filled(set));
  const tenure = await startTenure({ directory, profile });
  const path = viewsInTurn(await someCustomers(tenure.url, set.customers, CUSTOMERS));
  const viewsPerSecond = await load({
    url: tenure.url,
    connections: 10,
    seconds: Math.min(VIEW_SECONDS, sizes.loadSeconds),
    next: () => get(path()),
    status: 200,
  });
  // As many customers in both, so that what is compared is the log's size.
  const { customers } = purchasesFor(sizes.fewEvents);
  const chunks = chunksOf(linesOf({ customers, purchases: sizes.appended, series: 'sequel' }));
  const { ms, answers } = await sendLines({ url: tenure.url, chunks });
  await tenure.stop();
  await stores.drop(directory);
  return { append: (ms / answers) * 1_000, view: 1_000_000 / viewsPerSecond };
}
