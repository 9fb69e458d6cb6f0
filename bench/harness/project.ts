// Makes the views of all services of the log in a directory, in MongoDB, and says how long it took and what was written
// together. A program: it measures from within, and asks for the next page of the log while one is projected.
// Run: node project.ts DIRECTORY MONGODB DATABASE FILE
import { writeFile } from 'node:fs/promises';
import { calendarOf } from '@tenure/domain';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import type { ViewSet, WriteBatch } from '@tenure/read-store';
import { openMongoReadStore } from '@tenure/read-store/mongodb';
import { collectionsOf, createConsumers, stateCollections } from '@tenure/runtime/testing';
import { services } from '@tenure/standalone';
import { theDayAfter } from './purchases.ts';

export interface Projected {
  readonly ms: number;
  /** Of these, with the read store's `write` under way. */
  readonly writingMs: number;
  /** Documents written, each as often as it was. */
  readonly documents: number;
}

/** Ids of the documents that were written together, by collection. */
export type WrittenTogether = Readonly<Record<string, readonly string[]>>;

/** As a process of the product has it. */
const PAGE_EVENTS = 2_000;
const memory = { maxFacts: 500_000, maxTextLength: 120_000_000 };

const [directory = '', url = '', database = '', file = ''] = process.argv.slice(2);
const store = await openSqliteEventStore({ directory, now: () => Date.parse(theDayAfter) });
const readStore = await openMongoReadStore({ url, database, role: 'writer' });
const definitions = services.flatMap(({ views }) => (views === undefined ? [] : [views.definition]));
const views = await readStore.open('bench', collectionsOf(definitions));
const state = await readStore.open('state', stateCollections);

const written: WrittenTogether[] = [];
let documents = 0;
let writingMs = 0;
const { projecting } = await createConsumers({
  services: definitions,
  context: { store, views: noting(views), calendar: calendarOf('UTC'), now: () => Date.parse(theDayAfter) },
  state,
  memory,
  follows: () => true,
});

const start = performance.now();
let next = store.readAll({ limit: PAGE_EVENTS });
for (;;) {
  const events = await next;
  const last = events.at(-1);
  if (last === undefined) break;
  next = store.readAll({ after: last.position, limit: PAGE_EVENTS });
  const checkpoint = { ...store.identity, position: last.position, eventId: last.id };
  await projecting.handle({ partition: 0, events, checkpoint });
}
const ms = performance.now() - start;
await readStore.close();
await store.close();
await writeFile(file, JSON.stringify(written));
process.stdout.write(`${JSON.stringify({ ms, writingMs, documents } satisfies Projected)}\n`);

function noting(target: ViewSet): ViewSet {
  return new Proxy(target, {
    get: (of, name) => {
      const value: unknown = Reflect.get(of, name, of);
      if (name === 'write') return (batch: WriteBatch) => noted(batch, of);
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });
}

async function noted(batch: WriteBatch, of: ViewSet): Promise<void> {
  const begun = performance.now();
  await of.write(batch);
  writingMs += performance.now() - begun;
  const kept = batch.replaces.filter(({ document }) => document !== null);
  documents += kept.length;
  const byCollection = Map.groupBy(kept, ({ collection }) => collection);
  written.push(Object.fromEntries([...byCollection].map(([name, own]) => [name, own.map(({ id }) => id)])));
}
