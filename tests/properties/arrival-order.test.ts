import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { customerIdOf, type Key } from '../support/arrivals.ts';
import type { LogSystem } from '../support/log-system.ts';
import { randomised, randomisedMs } from '../support/randomised.ts';
import { type Arriving, type HistoryDraft, historyDrafts, historyOf, lastDay, noon, spreads } from './histories.ts';
import { closeSystems, comparable, openSystems, type Systems, shown } from './two-systems.ts';

let systems: Systems;
let runs = 0;
beforeAll(async () => {
  systems = await openSystems();
}, randomisedMs);
afterAll(() => closeSystems(systems));

/** Without what is decided on what came before: changes by hand, and who registers somebody first. */
function orderFree({ drafts, spread }: HistoryDraft): HistoryDraft {
  return { drafts: drafts.filter(({ kind }) => kind !== 'change' && kind !== 'registration'), spread };
}

/** Everything is accepted sooner or later; who is not known yet is linked once they are. */
async function arrive(system: LogSystem, arrivals: readonly Arriving[]): Promise<void> {
  let waiting = arrivals;
  for (let left = Number.POSITIVE_INFINITY; waiting.length < left; ) {
    left = waiting.length;
    const unknown: Arriving[] = [];
    for (const arrival of waiting) {
      system.clock.advance(arrival.waitMs);
      if ((await system.call(arrival.call)).status === 404) unknown.push(arrival);
    }
    waiting = unknown;
  }
}

/** Ids and keys stand in the order of their arrival; all else must not depend on it. */
async function shownWhole(system: LogSystem, key: Key, asOf: number): Promise<object | undefined> {
  const said = await shown(system, key, asOf);
  if (said === undefined) return undefined;
  const keys = said.state.keys.map(({ source, key: own }) => `${source} ${own}`).sort();
  return { ...comparable(said), ids: said.ids.toSorted(), keys };
}

it(
  'I11: the order in which facts arrive changes no answer, of now or of any instant',
  async () => {
    const instants = fc.integer({ min: 0, max: lastDay }).map(noon);
    await fc.assert(
      fc.asyncProperty(historyDrafts(25), spreads, instants, async (draft, other, asOf) => {
        const free = orderFree(draft);
        const prefix = `o${++runs}`;
        const { full: one, filtered: two } = systems;
        const { keys, arrivals } = historyOf(free, prefix);
        await arrive(one, arrivals);
        await arrive(two, historyOf({ ...free, spread: other }, prefix).arrivals);
        for (const instant of [asOf, noon(lastDay)]) {
          for (const key of keys) {
            expect(await shownWhole(one, key, instant), customerIdOf(key)).toEqual(await shownWhole(two, key, instant));
          }
        }
      }),
      randomised(40, 400),
    );
  },
  randomisedMs,
);
