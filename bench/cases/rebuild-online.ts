import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Case } from '../harness/case.ts';
import { rawScan } from '../harness/raw.ts';
import { purchasesFor } from '../harness/sizes.ts';
import { startTenure } from '../harness/tenure.ts';

const pollMs = 50;

/** In a service that runs: from the request until new views, compared with those before, are served. */
export const rebuildOnlineCase: Case = {
  id: 'rebuild-online',
  title: 'Rebuild of all views beside those that are served, compared and switched',
  unit: 'events/s',
  rawIs: 'a scan with JSON.parse',
  target: { of: 'ratio', atLeast: 0.02 },

  async measure({ sizes, stores, profile }) {
    const directory = await stores.copyOf(await stores.filled(purchasesFor(sizes.manyEvents)));
    const raw = await rawScan(join(directory, 'events.db'));
    const tenure = await startTenure({ directory, profile });
    const begun = performance.now();
    await rebuilt(tenure.url);
    const seconds = (performance.now() - begun) / 1_000;
    await tenure.stop();
    await stores.drop(directory);
    return { value: raw.events / seconds, raw: raw.perSecond };
  },
};

async function rebuilt(url: string): Promise<void> {
  const path = '/v1/audit/rebuilds';
  const headers = { 'content-type': 'application/json' };
  const begun = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify({ view: 'all' }) });
  const { id } = (await begun.json()) as { readonly id: string };
  for (;;) {
    const answer = await fetch(`${url}${path}/${id}`);
    const { status, endedAt } = (await answer.json()) as { readonly status: string; readonly endedAt: string | null };
    if (status === 'switched') return;
    if (endedAt !== null) throw new Error(`the rebuild ${status}`);
    await delay(pollMs);
  }
}
