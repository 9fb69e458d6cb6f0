import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Position } from '@tenure/event-store';
import type { GuardedReplace } from '@tenure/read-store';
import { messageOf } from '../reports.ts';
import type { BuilderMessage, BuilderOptions, BuilderRequest } from './builder-protocol.ts';

/** What the thread asks of the views that are served. */
export interface ServedViews {
  /** Resolves once they have the position. */
  reached(position: Position, signal: AbortSignal): Promise<void>;
  /** @returns false when a document is not as it was read */
  write(replaces: readonly GuardedReplace[]): Promise<boolean>;
}

/** What is told while it works. */
export type Told = Extract<BuilderMessage, { kind: 'progress' | 'comparing' | 'compared' }>;

/** Half of what the views' thread may take: it is there beside it. */
const resourceLimits = { maxOldGenerationSizeMb: 768, maxYoungGenerationSizeMb: 48 };

/** The thread that builds a version beside the one that is served, and compares the two. */
export class Builder {
  readonly #worker: Worker;
  readonly #served: ServedViews;
  readonly #stopping = new AbortController();
  readonly #exited: Promise<unknown>;
  readonly #onMessage: (message: Told) => void;
  readonly #ready = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<void>();

  constructor(options: BuilderOptions, served: ServedViews, onMessage: (message: Told) => void) {
    this.#served = served;
    this.#onMessage = onMessage;
    this.#worker = new Worker(new URL('./building-thread.ts', import.meta.url), {
      workerData: options,
      transferList: options.log.kind === 'sqlite' ? [options.log.connection.port] : [],
      name: 'building',
      resourceLimits,
    });
    this.#exited = once(this.#worker, 'exit');
    this.#worker.on('message', (message: BuilderMessage) => this.#hear(message));
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#fail(new Error('the thread that builds ended')));
    // Who waits for neither has not begun to.
    this.#ready.promise.catch(() => undefined);
    this.#finished.promise.catch(() => undefined);
  }

  /** Resolves once it has caught up and compared; rejects with what it failed of. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Lets it follow the log no longer: what it built is closed when this resolves. */
  async finish(): Promise<void> {
    this.#send({ kind: 'finish' });
    await this.#finished.promise;
    await this.#end();
  }

  /** Ends it wherever it is. */
  async stop(): Promise<void> {
    this.#fail(new Error('the thread that builds was stopped'));
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    await this.#worker.terminate();
    await this.#exited.catch(() => undefined);
  }

  #hear(message: BuilderMessage): void {
    switch (message.kind) {
      case 'ready':
        this.#ready.resolve();
        return;
      case 'finished':
        this.#finished.resolve();
        return;
      case 'failure':
        this.#fail(new Error(message.message));
        return;
      case 'reach':
        void this.#reach(message.call, message.position);
        return;
      case 'write':
        void this.#write(message.call, message.replaces);
        return;
      default:
        this.#onMessage(message);
    }
  }

  async #reach(call: number, position: Position): Promise<void> {
    const failure = await this.#served.reached(position, this.#stopping.signal).then(() => null, messageOf);
    this.#send({ kind: 'reached', call, failure });
  }

  async #write(call: number, replaces: readonly GuardedReplace[]): Promise<void> {
    try {
      this.#send({ kind: 'written', call, isWritten: await this.#served.write(replaces), failure: null });
    } catch (error) {
      this.#send({ kind: 'written', call, isWritten: false, failure: messageOf(error) });
    }
  }

  #fail(error: Error): void {
    this.#ready.reject(error);
    this.#finished.reject(error);
  }

  #send(request: BuilderRequest): void {
    this.#worker.postMessage(request);
  }
}
