import { join } from 'node:path';
import type { Case } from '../harness/case.ts';
import { runChild } from '../harness/child.ts';
import { rawScan } from '../harness/raw.ts';
import { purchasesFor } from '../harness/sizes.ts';
import { programOptions } from '../harness/tenure.ts';

const program = new URL('../harness/rebuild.ts', import.meta.url);

/** From the start of the process until new views have all that is in the log. */
export const rebuildCase: Case = {
  id: 'rebuild',
  title: 'Rebuild of all views',
  unit: 'events/s',
  rawIs: 'a scan with JSON.parse',
  target: { of: 'ratio', atLeast: 0.25 },

  async measure({ sizes, stores, profile }) {
    const directory = await stores.copyOf(await stores.filled(purchasesFor(sizes.manyEvents)));
    const raw = await rawScan(join(directory, 'events.db'));
    const { ms } = await runChild<{ readonly ms: number }>(program, { ...programOptions({ directory, profile }) });
    await stores.drop(directory);
    return { value: raw.events / (ms / 1_000), raw: raw.perSecond };
  },
};
