import type { Case } from '../harness/case.ts';
import { chunksOf, linesOf } from '../harness/purchases.ts';
import { rawInserts } from '../harness/raw.ts';
import { sendLines } from '../harness/send-lines.ts';
import { startTenure } from '../harness/tenure.ts';

/** A batch until its last line is answered, hence durable; the views follow meanwhile. */
export const batchCase: Case = {
  id: 'batch',
  title: 'NDJSON batch, durable, the views running',
  unit: 'purchases/s',
  rawIs: 'grouped inserts of the same bytes',
  target: { of: 'ratio', atLeast: 0.5 },

  async measure({ sizes, stores, profile }) {
    const set = { customers: sizes.batchPurchases / 10, purchases: sizes.batchPurchases };
    const raw = await rawInserts(stores, linesOf(set));
    const chunks = chunksOf(linesOf(set));
    const directory = await stores.empty();
    const tenure = await startTenure({ directory, profile });
    const { answers, ms } = await sendLines({ url: tenure.url, chunks });
    await tenure.stop();
    await stores.drop(directory);
    return { value: answers / (ms / 1_000), raw };
  },
};
