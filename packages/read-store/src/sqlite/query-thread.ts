import { Worker } from 'node:worker_threads';
import { ReadStoreError } from '../errors.ts';
import type { Page, Queries } from './queries.ts';
import { errorOf, type QueryAnswer, type QueryCall, type QueryRequest } from './query-messages.ts';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A thread that answers queries. It starts with the first one, and again after it has died. */
export class QueryThread {
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;
  #closed = false;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Queries on one version's file. */
  queries(file: string): Queries {
    const ask = <T>(call: QueryCall): Promise<T> => this.#ask(file, call) as Promise<T>;
    return {
      find: (collection, options) => ask<string>({ method: 'find', collection, options }),
      aggregate: (collection, pipeline) => ask<string>({ method: 'aggregate', collection, pipeline }),
      count: (collection, filter) => ask<number>({ method: 'count', collection, filter }),
      page: (collection, options, limit, start) => ask<Page>({ method: 'page', collection, options, limit, start }),
      release: (stream) => ask<void>({ method: 'release', stream }),
      close: async () => {
        // A thread that has not started, or has died, has nothing to close.
        if (this.#worker !== undefined) await ask<void>({ method: 'close' });
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #ask(file: string, call: QueryCall): Promise<unknown> {
    if (this.#closed) return Promise.reject(unavailable('the read store is closed'));
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const request: QueryRequest = { id: ++this.#lastId, file, call };
    return new Promise((resolve, reject) => {
      // An unanswered query keeps the process alive, an idle thread does not.
      if (this.#pending.size === 0) worker.ref();
      this.#pending.set(request.id, { resolve, reject });
      worker.postMessage(request);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./query-worker.ts', import.meta.url), { workerData: this.#timeoutMs });
    let reason: Error | undefined;
    worker.on('message', (answer: QueryAnswer) => this.#settle(worker, answer));
    worker.on('error', (error: Error) => {
      reason = error;
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      const failure = unavailable('the query thread has ended', reason);
      for (const { reject } of this.#pending.values()) reject(failure);
      this.#pending.clear();
    });
    return worker;
  }

  #settle(worker: Worker, answer: QueryAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) worker.unref();
    if ('failure' in answer) pending?.reject(errorOf(answer.failure));
    else pending?.resolve(answer.value);
  }
}

function unavailable(message: string, cause?: Error): ReadStoreError {
  return new ReadStoreError('read-store-unavailable', message, cause);
}
