import { defaultLifecycle } from '@tenure/domain';
import type { Case } from '../harness/case.ts';
import { sparselyFor } from '../harness/sizes.ts';
import { startTenure } from '../harness/tenure.ts';

const POLL_MS = 100;

interface WhatIf {
  readonly status: string;
  readonly position: string;
  readonly result: { readonly customers: number; readonly moved: number } | null;
}

/** The whole history of everybody, folded under the policies as they are and under a draft. */
export const whatIfCase: Case = {
  id: 'what-if',
  title: 'What if, for 100,000 customers with 1,000,000 events',
  unit: 's',
  target: { of: 'value', atMost: 60 },
  also: {
    'memory of the process': { unit: 'MiB', atMost: 1_024 },
    customers: { unit: '' },
    events: { unit: '' },
  },

  async measure({ sizes, stores, profile }) {
    const directory = await stores.copyOf(await stores.filled(sparselyFor(sizes.manyEvents)));
    const tenure = await startTenure({ directory, profile });
    const { stages, policy } = defaultLifecycle;
    const draft = { policy, stages: { ...stages, loyal: { purchaseDays: 4, withinDates: 90 } } };
    const begun = performance.now();
    const started = await fetch(`${tenure.url}/v1/audit/what-if`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ draft }),
    });
    const place = started.headers.get('location') ?? '';
    let answer: WhatIf;
    do {
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MS);
      });
      answer = (await (await fetch(tenure.url + place)).json()) as WhatIf;
    } while (answer.status === 'running');
    const value = (performance.now() - begun) / 1_000;
    const memory = tenure.peakMebibytes();
    await tenure.stop();
    await stores.drop(directory);
    if (answer.result === null) throw new Error(`the what-if is ${answer.status}`);
    return {
      value,
      also: {
        customers: answer.result.customers,
        // In the embedded log a position is a number.
        events: Number(answer.position),
        ...(memory === undefined ? {} : { 'memory of the process': memory }),
      },
    };
  },
};
