import { calendarOf, defaultPolicies } from '@tenure/domain';
import { openLogInThisThread } from '@tenure/event-store/sqlite/testing';
import type { ReadStore } from '@tenure/read-store';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';
import { createManualClock, readPolicies } from '@tenure/runtime';
import { collectionsOf, createConsumers, stateCollections } from '@tenure/runtime/testing';
import { services } from '@tenure/standalone';
import { randomOf, Trace, Turnstile, VirtualMachine } from '@tenure/testing/simulator';
import { expect } from 'vitest';
import { dayMs, lastDay, noon } from '../properties/histories.ts';
import { Chance } from '../support/chance.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { ConsumersUnderFaults, deliverRest } from '../support/consumers-under-faults.ts';
import { expectedView, shownView } from '../support/expected-view.ts';
import { foldCustomer } from '../support/folded.ts';
import { logSystemOn } from '../support/log-system.ts';
import { publishPolicy } from '../support/publish-policy.ts';
import { allDocuments, allEvents } from '../support/stored.ts';
import { Disk } from './disk.ts';
import { gatedStore, gatedViews } from './gated.ts';
import { planOf } from './plan.ts';
import { Publishers } from './publishers.ts';

const definitions = services.flatMap(({ views }) => (views === undefined ? [] : [views.definition]));
const deliveries = 60;
const patience = 100_000;

export interface SharedOutcome {
  readonly trace: Trace;
  readonly failure: unknown;
}

/**
 * One or several processes that fold the same views out of one log, over a bus that treats them badly; a seed says which
 * of their calls comes next. Nothing of the log is derived before.
 */
export async function playShared(seed: number): Promise<SharedOutcome> {
  const trace = new Trace();
  try {
    await playOn(seed, trace);
    return { trace, failure: undefined };
  } catch (failure) {
    trace.note(`failed: ${failure instanceof Error ? failure.message : String(failure)}`);
    return { trace, failure };
  }
}

async function playOn(seed: number, trace: Trace): Promise<void> {
  const random = randomOf(seed, 11);
  const clock = createManualClock(noon(lastDay));
  using disk = new Disk();
  using machine = VirtualMachine.install(randomOf(seed, 12), clock.now);
  const { directory } = disk;
  const log = openLogInThisThread(directory);
  const store = log.connect(clock.now);
  const readStore = openSqliteReadStore({ directory, role: 'writer' });
  try {
    for (const document of defaultPolicies) await publishPolicy(store, document, null, clock.now());
    const { call } = logSystemOn(store, clock);
    for (const { arrival } of new Publishers(planOf(seed), new Set(['late']), 0).items) await call(arrival.call);

    const turnstile = new Turnstile(machine);
    const now = clock.now() + 30 * dayMs;
    const processes = 1 + random.below(3);
    const reorders = random.chance(0.5);
    trace.note(`${processes} processes, ${reorders ? 'keys reordered' : 'in order'}`);
    const consumers = new ConsumersUnderFaults({
      store: gatedStore(store, 'log', turnstile),
      readStore: gatedReadStore(readStore, turnstile),
      chance: new Chance(seed),
      now,
      reorders,
      processes,
    });
    const goingOn = { done: false, failure: undefined as unknown };
    consumers
      .disturb(deliveries)
      .then(() => consumers.settle())
      .catch((error: unknown) => {
        goingOn.failure = error;
      })
      .finally(() => {
        goingOn.done = true;
      });
    for (;;) {
      await machine.quiet();
      if (goingOn.done) break;
      const waiting = turnstile.ready;
      if (waiting.length === 0 || trace.steps > patience) throw new Error('nothing moves any more');
      const next = random.pick(waiting);
      trace.note(next.name);
      next.through('done');
    }
    if (goingOn.failure !== undefined) throw goingOn.failure;
    await check(store, consumers, readStore, now);
  } finally {
    await readStore.close();
    await log.kill();
  }
}

function gatedReadStore(readStore: ReadStore, turnstile: Turnstile): ReadStore {
  const open: ReadStore['open'] = async (version, collections) =>
    gatedViews(await readStore.open(version, collections), version, turnstile);
  return new Proxy(readStore, { get: (target, name) => (name === 'open' ? open : Reflect.get(target, name)) });
}

async function check(
  store: ReturnType<ReturnType<typeof openLogInThisThread>['connect']>,
  consumers: ConsumersUnderFaults,
  readStore: ReadStore,
  now: number,
): Promise<void> {
  const events = await allEvents(store);
  const { faults } = checkRecorded(events, now);
  expect(faults, 'I23: what stands recorded is what is derived').toEqual([]);
  const views = await readStore.open(consumers.views.version, []);
  const policies = await readPolicies(store);
  for (const { document } of await allDocuments(views, 'customers')) {
    const { until } = document._times as { until: number };
    const folded = await foldCustomer(store, document._id, policies, { until });
    if (folded === undefined) throw new Error(`I5: ${document._id} is shown and not in the log`);
    expect(shownView(document), 'I5: the document is the fold of the log').toEqual(
      expectedView(folded.state, folded.ids),
    );
  }
  const clean = await readStore.open('clean', collectionsOf(definitions));
  const state = await readStore.open('clean-state', stateCollections);
  const all = (): boolean => true;
  const { projecting } = await createConsumers({
    services: definitions,
    context: { store, views: clean, calendar: calendarOf('UTC'), now: () => now },
    state,
    memory: { maxFacts: 1_000_000, maxTextLength: 1 },
    maxGuards: 20,
    follows: all,
  });
  await deliverRest(store, projecting);
  for (const { name } of collectionsOf(definitions)) {
    const [shown, built] = [await allDocuments(views, name), await allDocuments(clean, name)].map(
      (documents) => new Map(documents.map(({ document: { position: _, ...document } }) => [document._id, document])),
    );
    expect(shown, `I5: ${name}, and the same built at once`).toEqual(built);
  }
}
