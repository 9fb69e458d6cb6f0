import type { Case } from '../harness/case.ts';
import { openHead } from '../harness/head.ts';
import { chunksOf, earning, linesOf, type PurchaseSet } from '../harness/purchases.ts';
import { rawInserts } from '../harness/raw.ts';
import { sendLines } from '../harness/send-lines.ts';
import { startTenure, type Tenure } from '../harness/tenure.ts';

const LAG = 'lag of the views at half of it';
const MEMORY = 'memory of the server';
const LOOK_EVERY_MS = 250;

/** From the first byte of a batch until every view shows every purchase and every derivation is recorded. */
export const pipelineCase: Case = {
  id: 'pipeline',
  title: 'Purchases until all views show them, with every derived event',
  unit: 'purchases/s',
  rawIs: 'grouped inserts of the same bytes',
  target: { of: 'ratio', atLeast: 0.25 },
  also: { [LAG]: { unit: 's', atMost: 2 }, [MEMORY]: { unit: 'MiB', atMost: 768 } },

  async measure({ sizes, stores, profile }) {
    const set: PurchaseSet = { customers: sizes.pipelineCustomers, purchases: sizes.pipelinePurchases };
    const raw = await rawInserts(stores, linesOf(set));
    const chunks = chunksOf(linesOf(set));
    const directory = await stores.empty();
    const tenure = await startTenure({ directory, profile });
    const start = performance.now();
    await sendLines({ url: tenure.url, chunks });
    const value = set.purchases / (((await tenure.settled()) - start) / 1_000);

    const sequel: PurchaseSet = { ...set, purchases: Math.ceil((value / 2) * sizes.lagSeconds), series: 'sequel' };
    const lag = await worstLag(tenure, sequel, value / 2);
    const memory = tenure.peakMebibytes();
    await tenure.stop();
    await expectDerived(directory, [set, sequel]);
    await stores.drop(directory);
    return { value, raw, also: { [LAG]: lag, ...(memory === undefined ? {} : { [MEMORY]: memory }) } };
  },
};

/** Seconds by which the views were behind, at worst, while so many purchases a second came in. */
async function worstLag(tenure: Tenure, set: PurchaseSet, perSecond: number): Promise<number> {
  const chunks = chunksOf(linesOf(set));
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let worst = 0;
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(async () => {
      worst = Math.max(worst, await tenure.metric('tenure_views_lag_seconds'));
    });
  }, LOOK_EVERY_MS);
  await sendLines({ url: tenure.url, chunks, bytesPerSecond: (bytes / set.purchases) * perSecond });
  clearInterval(timer);
  await looking;
  await tenure.settled();
  return worst;
}

/** What is visible is so with all that follows from it. */
async function expectDerived(directory: string, sets: readonly PurchaseSet[]): Promise<void> {
  const log = openHead(directory);
  const counts = await log.countByType();
  await log.close();
  const expected = sets.reduce((sum, set) => sum + earning(set), 0);
  const found = counts.get('PointsEarned') ?? 0;
  if (found !== expected) throw new Error(`${expected} purchases earn points, but ${found} earnings were recorded`);
}
