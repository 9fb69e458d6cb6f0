import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LogAccess } from '../engines/log-access.ts';
import type { ReplayMessage, ReplayRequest, ReplayThreadOptions } from './protocol.ts';

/** A thread holds one customer at a time, and what it has tallied. Those who have bought most have some 100,000 facts. */
const resourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };

/** One thread of a replay, as whoever started it sees it. */
export class ReplayThread<R> implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #failure: Error | undefined;
  #hear: ((message: ReplayMessage<R> | Error) => void) | undefined;

  constructor(options: Omit<ReplayThreadOptions, 'log'>, log: LogAccess) {
    this.#worker = new Worker(new URL('./replay-thread.ts', import.meta.url), {
      workerData: { ...options, log } satisfies ReplayThreadOptions,
      transferList: log.kind === 'sqlite' ? [log.connection.port] : [],
      name: 'replay',
      resourceLimits,
    });
    this.#worker.on('message', (message: ReplayMessage<R>) => {
      if (message.kind === 'failed') this.#fail(new Error(message.message));
      else this.#hear?.(message);
    });
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#exited = once(this.#worker, 'exit').then(
      () => this.#fail(new Error('a thread of the replay ended')),
      () => undefined,
    );
  }

  /** The ids of everybody in the log, 16 bytes each. */
  async find(): Promise<Uint8Array> {
    const answer = await this.#ask({ kind: 'find' });
    return answer.kind === 'found' ? answer.ids : new Uint8Array();
  }

  /** What is found in those whose turn it is. */
  async fold(ids: SharedArrayBuffer): Promise<R> {
    const answer = await this.#ask({ kind: 'fold', ids });
    if (answer.kind !== 'folded') throw new TypeError(`a replay answered ${answer.kind}`);
    return answer.result;
  }

  /** Resolves once it has given the log back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#worker.postMessage({ kind: 'end' } satisfies ReplayRequest);
    await this.#exited;
  }

  #ask(request: ReplayRequest): Promise<ReplayMessage<R>> {
    return new Promise((resolve, reject) => {
      this.#hear = (answer) => {
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      if (this.#failure !== undefined) this.#hear(this.#failure);
      else this.#worker.postMessage(request);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#hear?.(this.#failure);
  }
}
