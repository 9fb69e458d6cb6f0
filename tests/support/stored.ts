import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventStore, Position, StoredEvent } from '@tenure/event-store';
import { backupLog, openSqliteEventStore } from '@tenure/event-store/sqlite';
import type { Document, Guarded, ReadStore, ViewSet } from '@tenure/read-store';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';

/** What a process that is gone has left behind. Nothing in its own files is touched: these are copies. */
export interface Stored {
  readonly store: EventStore;
  readonly events: readonly StoredEvent[];
  readonly head: Position;
  /** Where consumers stand; empty before their first delivery. */
  readonly checkpoints: { readonly views: Position; readonly recording: Position };
  /** All documents of a collection, with their guards. */
  documents(collection: string): Promise<readonly Guarded[]>;
  close(): Promise<void>;
}

/** Copies a data directory as it is, in the middle of whatever was being written, and opens the copy. */
export async function openStored(original: string): Promise<Stored> {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-stored-'));
  cpSync(original, directory, { recursive: true });
  return openCopy(directory, directory);
}

/** The same while a process goes on writing: a backup of its log, and its views from outside. */
export async function openStoredLive(original: string): Promise<Stored> {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-stored-'));
  // What the views have is looked at first: the log has that and more.
  const checkpoints = await checkpointsOf(original);
  backupLog({ directory: original, target: join(directory, 'log') });
  return { ...(await openCopy(directory, join(directory, 'log'))), checkpoints };
}

/** Where consumers stand, seen from outside while they go on. */
export async function checkpointsOf(directory: string): Promise<Stored['checkpoints']> {
  const views = openSqliteReadStore({ directory, role: 'reader' });
  try {
    return await checkpointsIn(views);
  } finally {
    await views.close();
  }
}

async function openCopy(directory: string, log: string): Promise<Stored> {
  const store = await openSqliteEventStore({ directory: log });
  const events = await allEvents(store);
  const readStore = openSqliteReadStore({ directory: log, role: 'writer' });
  const current = await readStore.current();
  const views = current === undefined ? undefined : await readStore.open(current, []);
  return {
    store,
    events,
    head: events.at(-1)?.position ?? '',
    checkpoints: await checkpointsIn(readStore),
    documents: async (collection) => (views === undefined ? [] : allDocuments(views, collection)),
    async close() {
      await readStore.close();
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function checkpointsIn(readStore: ReadStore): Promise<Stored['checkpoints']> {
  const positionIn = async (version: string | undefined, consumer: string): Promise<Position> => {
    if (version === undefined) return '';
    const checkpoint = await (await readStore.open(version, [])).checkpoint(`${consumer}/0`);
    return checkpoint === undefined ? '' : String((checkpoint as { position: string }).position);
  };
  const state = (await readStore.versions()).find((version) => version.startsWith('state-'));
  return {
    views: await positionIn(await readStore.current(), 'views'),
    recording: await positionIn(state, 'recording'),
  };
}

/** The whole log. */
export async function allEvents(store: EventStore): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const last = events.at(-1);
    const page = await store.readAll({ limit: 5_000, ...(last === undefined ? {} : { after: last.position }) });
    if (page.length === 0) return events;
    for (const event of page) events.push(event);
  }
}

/** All documents of a collection, with their guards. */
export async function allDocuments(views: ViewSet, collection: string): Promise<readonly Guarded[]> {
  const found: Guarded[] = [];
  for await (const page of views.stream<Document>(collection)) {
    const guarded = await views.getMany(
      collection,
      page.map(({ _id }) => _id),
    );
    found.push(...guarded.values());
  }
  return found;
}
