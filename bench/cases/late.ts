import type { Case, CaseContext } from '../harness/case.ts';
import { chunksOf, lineOf, type PurchaseSet, purchasesOf } from '../harness/purchases.ts';
import { sendLines } from '../harness/send-lines.ts';
import { startTenure, type Tenure } from '../harness/tenure.ts';

/** What facts cost that come late, against the same facts in order: a whole history, and one fact after another. */
export const lateCase: Case = {
  id: 'late',
  title: 'A fact that comes late to a customer with a long history, the worse of: one by one, all in reverse',
  unit: 'ms/fact',
  rawIs: 'the same in order',
  target: { of: 'ratio', atMost: 3 },
  also: {
    'one late fact, in times of one in order': { unit: 'x', atMost: 3 },
    'history in reverse, in times of in order': { unit: 'x', atMost: 3 },
  },

  async measure(context) {
    const { longHistory: purchases, lateFacts } = context.sizes;
    const set: PurchaseSet = { customers: 1, purchases };
    const single = (series: 'sequel' | 'late'): PurchaseSet => ({ customers: 1, purchases: lateFacts, series });

    const history = [...purchasesOf(set)].map(lineOf);
    const forwards = await inStore(context, async (tenure) => ({
      whole: await timeHistory(tenure, history),
      single: await timeOneByOne(tenure, single('sequel')),
      late: await timeOneByOne(tenure, single('late')),
    }));
    const reversed = await inStore(context, (tenure) => timeHistory(tenure, history.toReversed()));

    const one = forwards.late / forwards.single;
    const all = reversed / forwards.whole;
    const worse = one > all ? { value: forwards.late, raw: forwards.single } : { value: reversed, raw: forwards.whole };
    return {
      ...worse,
      also: { 'one late fact, in times of one in order': one, 'history in reverse, in times of in order': all },
    };
  },
};

async function inStore<T>({ stores, profile }: CaseContext, use: (tenure: Tenure) => Promise<T>): Promise<T> {
  const directory = await stores.empty();
  const tenure = await startTenure({ directory, profile });
  const result = await use(tenure);
  await tenure.stop();
  await stores.drop(directory);
  return result;
}

/** ms a fact until all of them are visible, with all that follows. */
async function timeHistory(tenure: Tenure, lines: readonly string[]): Promise<number> {
  const chunks = chunksOf(lines);
  const start = performance.now();
  await sendLines({ url: tenure.url, chunks });
  return ((await tenure.settled()) - start) / lines.length;
}

/** ms a fact, each sent when the one before it is visible. */
async function timeOneByOne(tenure: Tenure, set: PurchaseSet): Promise<number> {
  const bodies = [...purchasesOf(set)].map((purchase) => JSON.stringify(purchase));
  const start = performance.now();
  for (const body of bodies) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${tenure.url}/v1/purchases`, { method: 'POST', headers, body });
    const position = answer.headers.get('tenure-position');
    if (answer.status !== 202 || position === null) throw new Error(`${answer.status}: ${await answer.text()}`);
    await answer.body?.cancel();
    await tenure.reached(position);
  }
  const ms = (performance.now() - start) / bodies.length;
  await tenure.settled();
  return ms;
}
