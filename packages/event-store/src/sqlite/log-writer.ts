import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { LogFormatError, StoreLockedError, StoreUnavailableError } from '../errors.ts';
import type { StatusMessage, WriterThreadOptions } from './protocol.ts';

/**
 * What a thread needs to open the store. It can be sent to another thread, with `port` in the transfer list, and makes
 * one client.
 */
export interface SqliteEventStoreConnection {
  readonly directory: string;
  readonly port: MessagePort;
}

/** The writer's thread, as the thread that started it sees it. */
export interface LogWriter {
  readonly directory: string;
  /** For one client, of this thread or another. */
  connect(): SqliteEventStoreConnection;
  /** Why the writer ended by itself; undefined while it runs, and after `close`. */
  readonly failure: Error | undefined;
  /** Carries out what was sent, then ends the thread and gives the lock up. Close clients before. */
  close(): Promise<void>;
}

/**
 * Keeps the thread's garbage small: without limits V8 lets it grow to 200 MB. What the thread has to hold is bounded by
 * what each client sends ahead.
 */
const HEAP_LIMITS = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 512 };

/**
 * Starts the thread that writes the log in a directory (made if absent).
 * @throws {StoreLockedError} when another process, or another writer of this one, has it
 * @throws {LogFormatError} when there is something else than a log of this format
 */
export const startLogWriter = async ({ directory }: { readonly directory: string }): Promise<LogWriter> => {
  mkdirSync(directory, { recursive: true });
  const options: WriterThreadOptions = { directory };
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
    workerData: options,
    name: 'log-writer',
    resourceLimits: HEAP_LIMITS,
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const [status] = (await once(worker, 'message')) as [StatusMessage];
  if (status.kind === 'refused') {
    await exited;
    throw refusal(directory, status);
  }
  return new LogWriterHandle(directory, worker, exited);
};

const refusal = (directory: string, { code, message }: StatusMessage & { kind: 'refused' }): Error => {
  if (code === 'store-locked') return new StoreLockedError(directory);
  if (code === 'log-format') return new LogFormatError(message);
  return new StoreUnavailableError(`the event store in ${directory} could not be opened: ${message}`);
};

class LogWriterHandle implements LogWriter {
  readonly directory: string;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #failure: Error | undefined;
  #closing = false;

  constructor(directory: string, worker: Worker, exited: Promise<void>) {
    this.directory = directory;
    this.#worker = worker;
    this.#exited = exited;
    // Clients learn of it by their ports, which close with the thread.
    worker.on('error', (error: Error) => {
      this.#failure = error;
    });
    worker.on('exit', () => {
      if (!this.#closing) this.#failure ??= new StoreUnavailableError('the thread that writes the log has ended');
    });
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  connect(): SqliteEventStoreConnection {
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ kind: 'connect', port: port2 }, [port2]);
    return { directory: this.directory, port: port1 };
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#worker.postMessage({ kind: 'close' });
    }
    await this.#exited;
  }
}
