import type { Case } from '../harness/case.ts';
import { startRawServer } from '../harness/raw.ts';
import { purchasesFor } from '../harness/sizes.ts';
import { startTenure } from '../harness/tenure.ts';

/** From the start of the process to its first answer about a customer, over a large store. */
export const startCase: Case = {
  id: 'start',
  title: 'Start on a store with 1,000,000 events, to the first answer',
  unit: 's',
  rawIs: 'a bare Fastify',
  target: { of: 'value', atMost: 2 },

  async measure({ sizes, stores, profile }) {
    const directory = await stores.copyOf(await stores.filled(purchasesFor(sizes.manyEvents)));
    const value = await untilFirstAnswer(() => startTenure({ directory, profile }), '/v1/customers/by-key/members/M1');
    const raw = await untilFirstAnswer(() => startRawServer(stores), '/v1/customers/1');
    await stores.drop(directory);
    return { value, raw };
  },
};

async function untilFirstAnswer(
  start: () => Promise<{ readonly url: string; stop(): Promise<void> }>,
  path: string,
): Promise<number> {
  const begun = performance.now();
  const server = await start();
  const answer = await fetch(server.url + path);
  await answer.text();
  const seconds = (performance.now() - begun) / 1_000;
  await server.stop();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  return seconds;
}
