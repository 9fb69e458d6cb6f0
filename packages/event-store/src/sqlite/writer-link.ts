import { setImmediate } from 'node:timers';
import type { MessagePort } from 'node:worker_threads';
import { StoreUnavailableError } from '../errors.ts';
import type { AppendOutcome, AppendUnit } from '../port.ts';
import { decodeOutcomes } from './append-answer.ts';
import { encodeRequest } from './append-request.ts';
import type { ClientMessage, WriterMessage } from './protocol.ts';

interface Pending {
  resolve(outcomes: readonly AppendOutcome[]): void;
  reject(error: Error): void;
}

/** A client's end of the port to the writer's thread: what waits for an answer, and what waits for new events. */
export class WriterLink {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  readonly #watchers = new Set<() => void>();
  #outgoing: unknown[] = [];
  #lastId = 0;
  #head: number;
  #failure: StoreUnavailableError | undefined;
  #drained: (() => void) | undefined;

  constructor(port: MessagePort, head: number) {
    this.#port = port;
    this.#head = head;
    port.on('message', (message: WriterMessage) => this.#receive(message));
    port.on('close', () => this.#fail(new StoreUnavailableError('the thread that writes the log has ended')));
  }

  /** Rejects with StoreUnavailableError when nothing was written, or nobody knows. */
  append(now: number, units: readonly AppendUnit[]): Promise<readonly AppendOutcome[]> {
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    const idle = this.#outgoing.length === 0;
    encodeRequest(this.#outgoing, id, now, units);
    // Sent with all else that is appended in this turn of the event loop: one message costs less than many.
    if (idle) setImmediate(() => this.#flush());
    return this.#answer(id);
  }

  async destroyKey(owner: string): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#flush();
    const id = ++this.#lastId;
    this.#post({ kind: 'destroy-key', id, owner });
    await this.#answer(id);
  }

  /** Resolves once the log has an event beyond `position`, or the signal aborts; rejects when the writer has ended. */
  async headBeyond(position: number, signal: AbortSignal): Promise<void> {
    while (this.#head <= position && !signal.aborted) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#watchers.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#watchers.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }

  /** Waits for what was appended, then parts with the writer. */
  async close(): Promise<void> {
    this.#flush();
    if (this.#pending.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#fail(new StoreUnavailableError('the store was closed'));
    this.#port.close();
  }

  #answer(id: number): Promise<readonly AppendOutcome[]> {
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return;
    const requests = this.#outgoing;
    this.#outgoing = [];
    this.#post({ kind: 'append', requests });
  }

  #post(message: ClientMessage): void {
    this.#port.postMessage(message);
  }

  #receive(message: WriterMessage): void {
    switch (message.kind) {
      case 'outcomes':
        this.#moveHead(message.head);
        for (const [id, outcomes] of decodeOutcomes(message.outcomes)) this.#take(id)?.resolve(outcomes);
        break;
      case 'head':
        this.#moveHead(message.head);
        break;
      case 'done':
        this.#take(message.id)?.resolve([]);
        break;
      case 'failed':
        for (const id of message.ids)
          this.#take(id)?.reject(new StoreUnavailableError(`the log could not be written: ${message.message}`));
        break;
      default:
        message satisfies never;
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#drained?.();
    return pending;
  }

  #moveHead(head: number): void {
    this.#head = Math.max(this.#head, head);
    this.#wakeWatchers();
  }

  #wakeWatchers(): void {
    for (const wake of [...this.#watchers]) wake();
  }

  #fail(failure: StoreUnavailableError): void {
    this.#failure ??= failure;
    const pending = [...this.#pending.keys()];
    for (const id of pending) this.#take(id)?.reject(this.#failure);
    this.#wakeWatchers();
  }
}
