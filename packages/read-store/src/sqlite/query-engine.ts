import { setImmediate } from 'node:timers/promises';
import { ReadStoreError } from '../errors.ts';
import { checkPipeline } from '../pipeline.ts';
import type { Filter, FindOptions, Pipeline } from '../port.ts';
import { Connection } from './connection.ts';
import { countRows, findRows, type Source } from './find.ts';
import { collectionOf, type Layout, readLayout } from './layout.ts';
import { firstPage, nextPage, type SortedStream } from './pages.ts';
import { pipelineInput } from './pipeline-input.ts';
import { splitPipeline } from './pipeline-needs.ts';
import type { Page, PageStart, Queries } from './queries.ts';

/** Queries that one version answers at the same time; more wait for their turn. */
const MAX_CONNECTIONS = 4;
const CACHE_MIB = 16;
/** Work between two pauses, in ms. */
const SLICE_MS = 5;
/** Rows between two looks at the clock. */
const SLICE_ROWS = 32;

interface Pooled {
  readonly connection: Connection;
  layout?: { readonly schema: unknown; readonly collections: Layout };
}

/** Goes through rows, pausing wherever it yields, and returns the answer. */
type Work<T> = (source: Source) => Generator<unknown, T, undefined>;

/**
 * Answers queries on one version's file. A query sees one state of it, the last committed one when it began, and pauses
 * every few milliseconds, so that neither other queries nor the thread wait for a long one.
 */
export class QueryEngine implements Queries {
  readonly #file: string;
  readonly #timeoutMs: number;
  readonly #all: Pooled[] = [];
  readonly #idle: Pooled[] = [];
  readonly #waiting: ((pooled: Pooled) => void)[] = [];
  readonly #onIdle: (() => void)[] = [];
  readonly #streams = new Map<number, SortedStream>();
  #lastStream = 0;
  #closed = false;

  constructor(file: string, timeoutMs: number) {
    this.#file = file;
    this.#timeoutMs = timeoutMs;
  }

  find(collection: string, options: FindOptions): Promise<string> {
    return this.#run(collection, this.#timeoutMs, function* (source) {
      const texts: string[] = [];
      for (const row of findRows(source, options)) {
        if (row !== undefined) texts.push(row.json);
        yield;
      }
      return `[${texts.join(',')}]`;
    });
  }

  async aggregate(collection: string, pipeline: Pipeline): Promise<string> {
    checkPipeline(pipeline);
    // With the first aggregation: mingo takes longer to load than all else here.
    const { aggregate } = await import('../aggregation.ts');
    return this.#run(collection, this.#timeoutMs, function* (source) {
      const input = yield* pipelineInput(source, pipeline);
      return JSON.stringify(aggregate(input, splitPipeline(pipeline).rest));
    });
  }

  count(collection: string, filter: Filter | undefined): Promise<number> {
    return this.#run(collection, this.#timeoutMs, (source) => countRows(source, filter));
  }

  /** Takes its time: whoever reads all of a collection may stop after any page. */
  async page(collection: string, options: FindOptions, limit: number, start: PageStart | undefined): Promise<Page> {
    if (start !== undefined && 'stream' in start) {
      const stream = this.#streams.get(start.stream);
      if (stream === undefined) throw new ReadStoreError('read-store-unavailable', 'the stream has ended');
      const page = await this.#run(collection, undefined, (source) => nextPage(source, stream, options.filter, limit));
      if (stream.seqs.length > 0) return { ...page, next: start };
      this.#streams.delete(start.stream);
      return { ...page, next: null };
    }
    const from = start === undefined ? options : { ...options, after: start.after };
    const first = await this.#run(collection, undefined, (source) => firstPage(source, from, limit));
    if (!('seqs' in first)) return first;
    const stream = ++this.#lastStream;
    this.#streams.set(stream, first);
    return this.page(collection, options, limit, { stream });
  }

  async release(stream: number): Promise<void> {
    this.#streams.delete(stream);
  }

  /** Waits for the queries that run. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#idle.length < this.#all.length) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    for (const { connection } of this.#all.splice(0)) connection.close();
    this.#idle.length = 0;
    this.#streams.clear();
  }

  async #run<T>(collection: string, timeoutMs: number | undefined, work: Work<T>): Promise<T> {
    const pooled = await this.#acquire();
    const { connection } = pooled;
    try {
      connection.db.exec('begin deferred');
      const steps = work({ connection, collection: collectionOf(this.#layout(pooled), collection) });
      try {
        return await this.#drive(steps, timeoutMs);
      } finally {
        // Ends statements that still run.
        steps.return(undefined as T);
      }
    } finally {
      if (connection.db.isTransaction) connection.db.exec('rollback');
      this.#release(pooled);
    }
  }

  async #drive<T>(steps: Generator<unknown, T, undefined>, timeoutMs: number | undefined): Promise<T> {
    const began = performance.now();
    let sliceBegan = began;
    for (let row = 1; ; row++) {
      const step = steps.next();
      if (step.done) return step.value;
      if (row % SLICE_ROWS !== 0) continue;
      const now = performance.now();
      if (timeoutMs !== undefined && now - began > timeoutMs) {
        throw new ReadStoreError('query-timeout', `the query took longer than ${timeoutMs} ms`);
      }
      if (now - sliceBegan < SLICE_MS) continue;
      await setImmediate();
      sliceBegan = performance.now();
    }
  }

  async #acquire(): Promise<Pooled> {
    if (this.#closed) throw new ReadStoreError('read-store-unavailable', 'the views are closed');
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.length >= MAX_CONNECTIONS) return new Promise((resolve) => this.#waiting.push(resolve));
    const pooled: Pooled = { connection: new Connection(this.#file, { readOnly: true, cacheMiB: CACHE_MIB }) };
    this.#all.push(pooled);
    return pooled;
  }

  #release(pooled: Pooled): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next(pooled);
      return;
    }
    this.#idle.push(pooled);
    if (this.#idle.length === this.#all.length) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** How collections are kept, read again when the writer has changed it. */
  #layout(pooled: Pooled): Layout {
    const [schema] = Object.values(pooled.connection.prepare('pragma schema_version').get() ?? {});
    const known = pooled.layout;
    if (known !== undefined && known.schema === schema) return known.collections;
    const layout = { schema, collections: readLayout(pooled.connection, this.#file) };
    pooled.layout = layout;
    return layout.collections;
  }
}
