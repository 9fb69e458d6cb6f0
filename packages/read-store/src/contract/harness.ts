import { afterEach, beforeEach } from 'vitest';
import type { CollectionDefinition, Document, GuardedReplace, Json, ReadStore, ViewSet } from '../port.ts';

/** In what engines differ. */
export interface EngineTraits {
  /** Whether a version has one writer at a time, or any number of them, whom guards keep apart. */
  readonly writers: 'exclusive' | 'shared';
  /** `slow`: queries of thousands of documents take tenths of a second, so fewer of those that chance makes. */
  readonly speed: 'fast' | 'slow';
}

/** A read store under test, empty at first. */
export interface ReadStoreHarness {
  /** Opens it for writing. Once it is closed, the same one again. */
  openWriter(): Promise<ReadStore>;
  /** Opens it for reading, beside its writer. */
  openReader(): Promise<ReadStore>;
  /** Removes it, all being closed. */
  dispose(): Promise<void>;
}

/** The views of one test: a writer, and a reader that sees what was committed. Both answer queries alike. */
export interface ViewsUnderTest {
  readonly writer: ViewSet;
  readonly reader: ViewSet;
}

/** The read store of one test; what it opens is closed after it. */
export interface StoreUnderTest {
  openWriter(): Promise<ReadStore>;
  openReader(): Promise<ReadStore>;
  /** Closes all that is open. */
  closeAll(): Promise<void>;
  /** Version v1 with these collections. */
  openViews(...collections: CollectionDefinition[]): Promise<ViewsUnderTest>;
  /** The same with one collection, `things`, that holds these documents. */
  openThings(fields: readonly (string | readonly string[])[], documents: readonly Document[]): Promise<ViewsUnderTest>;
}

/** Gives each test of the enclosing `describe` a read store of its own. */
export function eachTestItsStore(create: () => Promise<ReadStoreHarness>): StoreUnderTest {
  let harness: ReadStoreHarness | undefined;
  const opened: ReadStore[] = [];
  const current = (): ReadStoreHarness => {
    if (harness === undefined) throw new Error('the store is there only while a test runs');
    return harness;
  };
  const closeAll = async (): Promise<void> => {
    for (const store of opened.splice(0)) await store.close();
  };
  beforeEach(async () => {
    harness = await create();
  });
  afterEach(async () => {
    await closeAll();
    await harness?.dispose();
    harness = undefined;
  });
  const test: StoreUnderTest = {
    async openWriter() {
      const store = await current().openWriter();
      opened.push(store);
      return store;
    },
    async openReader() {
      const store = await current().openReader();
      opened.push(store);
      return store;
    },
    closeAll,
    async openViews(...collections) {
      const writer = await (await test.openWriter()).open('v1', collections);
      const reader = await (await test.openReader()).open('v1', collections);
      return { writer, reader };
    },
    async openThings(fields, documents) {
      const views = await test.openViews(things(fields));
      await put(views.writer, documents);
      return views;
    },
  };
  return test;
}

/** The collection `things` with an index for each field, or list of fields. */
export function things(fields: readonly (string | readonly string[])[]): CollectionDefinition {
  return { name: 'things', indexes: fields.map((field) => ({ fields: typeof field === 'string' ? [field] : field })) };
}

/** A replace in `things`, with the guard 1 for what was not there. */
export function putting(document: Document, expected: string | null = null, guard = '1'): GuardedReplace {
  return { collection: 'things', id: document._id, document, guard, expected };
}

export function removing(id: string, expected: string): GuardedReplace {
  return { collection: 'things', id, document: null, guard: 'gone', expected };
}

/** Writes new documents to `things`. */
export async function put(views: ViewSet, documents: readonly Document[]): Promise<void> {
  await views.write({ replaces: documents.map((document) => putting(document)) });
}

/** Documents a, b, c, ... with these values of the field `v`; undefined leaves it out. */
export function withValues(values: readonly (Json | undefined)[]): readonly Document[] {
  return values.map((v, i) => ({ _id: String.fromCharCode(97 + i), ...(v === undefined ? {} : { v }) }));
}

export function idsOf(documents: readonly Document[]): readonly string[] {
  return documents.map(({ _id }) => _id);
}

/** All pages of a stream as one list. */
export async function allOf<D>(pages: AsyncIterable<readonly D[]>): Promise<readonly D[]> {
  const all: D[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
