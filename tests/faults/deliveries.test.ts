import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calendarOf } from '@tenure/domain';
import type { EventStore } from '@tenure/event-store';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import type { ReadStore, ViewSet } from '@tenure/read-store';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';
import { readPolicies } from '@tenure/runtime';
import { collectionsOf, createConsumers, stateCollections } from '@tenure/runtime/testing';
import { services } from '@tenure/standalone';
import type { SimulatedFact } from '@tenure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chance, chanceFor, isFull } from '../support/chance.ts';
import { ConsumersUnderFaults, deliverRest } from '../support/consumers-under-faults.ts';
import { expectedView, shownView } from '../support/expected-view.ts';
import { foldCustomer, foldEveryone, recordedOtherwise } from '../support/folded.ts';
import { Publisher } from '../support/publisher.ts';
import { start } from '../support/running.ts';
import { allDocuments, allEvents } from '../support/stored.ts';
import { storyOf } from '../support/story.ts';

const dayMs = 86_400_000;
const definitions = services.flatMap(({ views }) => (views === undefined ? [] : [views.definition]));
const collections = collectionsOf(definitions);

describe('whatever the bus does', () => {
  const chance = chanceFor('I5');
  const runs = isFull ? 24 : 4;
  let facts: string;
  let end: number;

  beforeAll(async () => {
    facts = mkdtempSync(join(tmpdir(), 'tenure-facts-'));
    end = await publishFacts(facts, chance);
  }, 120_000);
  afterAll(() => rmSync(facts, { recursive: true, force: true }));

  const seeds = Array.from({ length: runs }, () => chance.below(2 ** 31));
  it.each(seeds.map((seed, run) => ({ seed, reorders: run % 2 === 1, processes: 1 + ((run >> 1) % 2) })))(
    'I5: delivered in pieces, again, cut off and from earlier (seed $seed, keys reordered: $reorders, processes: $processes), the views are the fold of the log',
    async ({ seed, reorders, processes }) => {
      const directory = mkdtempSync(join(tmpdir(), 'tenure-delivery-'));
      cpSync(facts, directory, { recursive: true });
      const store = await openSqliteEventStore({ directory, now: () => end });
      const readStore = openSqliteReadStore({ directory, role: 'writer' });
      try {
        const now = end + 30 * dayMs;
        const consumers = new ConsumersUnderFaults({
          store,
          readStore,
          chance: new Chance(seed),
          now,
          reorders,
          processes,
        });
        await consumers.disturb(150);
        await consumers.settle();
        process.stdout.write(`I5: ${JSON.stringify(consumers.counts)}\n`);

        const events = await allEvents(store);
        const everyone = await foldEveryone(store, events, now);
        const shown = await allDocuments(consumers.views, 'customers');
        expect(new Set(shown.map(({ document }) => document._id))).toEqual(new Set(everyone.keys()));
        const policies = await readPolicies(store);
        for (const { document } of shown) {
          const { until } = document._times as { until: number };
          const folded = await foldCustomer(store, document._id, policies, { until });
          if (folded !== undefined) expect(shownView(document)).toEqual(expectedView(folded.state, folded.ids));
        }
        expect(recordedOtherwise(everyone, events), 'I23: recorded otherwise than derived').toEqual([]);

        const clean = await buildOnce(store, readStore, now);
        for (const { name } of collections) {
          expect(await content(consumers.views, name, reorders || processes > 1), name).toEqual(
            await content(clean, name, reorders || processes > 1),
          );
        }
      } finally {
        await readStore.close();
        await store.close();
        rmSync(directory, { recursive: true, force: true });
      }
    },
    120_000,
  );
});

/** The facts of a small business, late ones among them, with policies before and nothing derived. */
async function publishFacts(directory: string, chance: Chance): Promise<number> {
  const { bulk, live, end } = storyOf({ seed: chance.below(2 ** 31), customers: 90, days: 300 });
  const now = new Date(end).toISOString();
  // The first start says which policies hold; then only those run who derive nothing.
  await (await start({ now, directory })).stop();
  const running = await start({ now, directory, env: { TENURE_SERVICES: 'profile,interaction,complaint' } });
  const half = Math.floor(bulk.length / 2);
  const imported = new Publisher(lateFacts(chance, bulk.slice(0, half)));
  const rest = new Publisher(bulk.slice(half));
  const others = new Publisher(live);
  const { id } = (await running.post('/v1/imports', { name: 'first half', fingerprint: 'first-half' })).body;
  await imported.sendBatch(running.url, half, `?session=${id}`);
  while (others.left > live.length / 2) await others.sendOne(running.url);
  await running.post(`/v1/imports/${id}/close`, {});
  await rest.sendBatch(running.url, bulk.length);
  while (others.left > 0) await others.sendOne(running.url);
  await running.stop();
  return end;
}

/** The facts in any order, but for answers: nobody answers what they were not asked. */
function lateFacts(chance: Chance, sends: readonly SimulatedFact[]): readonly SimulatedFact[] {
  const isAnswer = (send: SimulatedFact): boolean => send.kind === 'fact' && send.line.type === 'survey-response';
  const mixed = chance.shuffled(sends);
  return [...mixed.filter((send) => !isAnswer(send)), ...mixed.filter(isAnswer)];
}

const memory = { maxFacts: 1_000_000, maxTextLength: 1 };

const all = (): boolean => true;

/** The views of a log that nobody disturbs. */
async function buildOnce(store: EventStore, readStore: ReadStore, now: number): Promise<ViewSet> {
  const views = await readStore.open('clean', collections);
  const state = await readStore.open('clean-state', stateCollections);
  const context = { store, views, calendar: calendarOf('UTC'), now: () => now };
  const { projecting } = await createConsumers({
    services: definitions,
    context,
    state,
    memory,
    follows: all,
  });
  await deliverRest(store, projecting);
  return views;
}

async function content(views: ViewSet, collection: string, reorders: boolean): Promise<ReadonlyMap<string, object>> {
  const documents = await allDocuments(views, collection);
  return new Map(
    documents.map(({ document }) => {
      const { position: _position, ...rest } = document;
      // Which of two events moved a document last depends on which came last.
      return [document._id, reorders ? rest : document];
    }),
  );
}
