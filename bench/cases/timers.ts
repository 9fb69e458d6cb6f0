import { setTimeout as delay } from 'node:timers/promises';
import type { LifecycleReport } from '@tenure/contracts';
import type { Case } from '../harness/case.ts';
import { percentile } from '../harness/numbers.ts';
import { bodiesInTurn, purchasesOf } from '../harness/purchases.ts';
import { startTenure } from '../harness/tenure.ts';

/** After the last of the purchases: whoever bought then has been silent for 180 days. */
const A_YEAR_LATER = '2027-03-01T00:00:00Z';
const ACCEPTED = 'meanwhile, a purchase accepted, p99';
const VISIBLE = 'meanwhile, from a purchase to the view that shows it, p99';
const MEMORY = 'memory of the server';
const PROBE_EVERY_MS = 250;
const LOOK_EVERY_MS = 1_000;

/** A process that was away for a year: everybody's timers are due at once, and purchases come in meanwhile. */
export const timersCase: Case = {
  id: 'timers',
  title: 'Customers whose timers are due at once, each recorded twice',
  unit: 'customers/s',
  also: {
    [ACCEPTED]: { unit: 'ms', atMost: 500 },
    [VISIBLE]: { unit: 'ms', atMost: 5_000 },
    [MEMORY]: { unit: 'MiB', atMost: 768 },
  },

  async measure({ sizes, stores, profile }) {
    const set = { customers: sizes.timedCustomers, purchases: sizes.timedCustomers };
    const directory = await stores.copyOf(await stores.filled(set));
    const tenure = await startTenure({ directory, profile, clock: A_YEAR_LATER });
    const begun = performance.now();
    const draining = new AbortController();
    const probing = probe(tenure.url, draining.signal);
    while ((await churned(tenure.url)) < sizes.timedCustomers) await delay(LOOK_EVERY_MS);
    const seconds = (performance.now() - begun) / 1_000;
    draining.abort();
    const probes = await probing;
    const memory = tenure.peakMebibytes() ?? 0;
    await tenure.stop();
    await stores.drop(directory);
    return {
      value: sizes.timedCustomers / seconds,
      also: {
        [ACCEPTED]: percentile(
          probes.map(({ acceptedInMs }) => acceptedInMs),
          0.99,
        ),
        [VISIBLE]: percentile(
          probes.map(({ visibleInMs }) => visibleInMs),
          0.99,
        ),
        [MEMORY]: memory,
      },
    };
  },
};

/** Of all who bought once and no more. */
async function churned(url: string): Promise<number> {
  const answer = await fetch(`${url}/v1/analytics/lifecycle?parts=counts`);
  return answer.status === 200 ? (((await answer.json()) as LifecycleReport).counts?.churned ?? 0) : 0;
}

interface Probe {
  readonly acceptedInMs: number;
  readonly visibleInMs: number;
}

/** Sends a purchase now and then, and asks for the customer's view that shows it. */
async function probe(url: string, signal: AbortSignal): Promise<readonly Probe[]> {
  const body = bodiesInTurn(purchasesOf({ customers: 1_000, purchases: 1_000, series: 'sequel' }));
  const headers = { 'content-type': 'application/json' };
  const probes: Probe[] = [];
  do {
    const begun = performance.now();
    const accepted = await fetch(`${url}/v1/purchases`, { method: 'POST', headers, body: body() });
    if (accepted.status !== 202) throw new Error(`a purchase was answered ${accepted.status}`);
    const acceptedInMs = performance.now() - begun;
    const { customerId } = (await accepted.json()) as { readonly customerId: string };
    const position = accepted.headers.get('tenure-position') ?? '';
    for (;;) {
      const view = await fetch(`${url}/v1/customers/${customerId}`, { headers: { 'tenure-min-position': position } });
      await view.text();
      if (view.status === 200) break;
    }
    probes.push({ acceptedInMs, visibleInMs: performance.now() - begun });
    await delay(PROBE_EVERY_MS);
  } while (!signal.aborted);
  return probes;
}
