import { setImmediate } from 'node:timers';
import type { MessagePort } from 'node:worker_threads';
import { StoreUnavailableError } from '../errors.ts';
import type { AppendOutcome, AppendUnit } from '../port.ts';
import { decodeOutcomes } from './append-answer.ts';
import { encodeRequest } from './append-request.ts';
import type { ClientMessage, WriterMessage } from './protocol.ts';

/** How much a client sends before it waits for answers: what the writer's thread has to hold is bounded. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** A message takes no further call from here on. */
const MESSAGE_BYTES = 2 * 1024 * 1024;

interface Outgoing {
  readonly requests: unknown[];
  bytes: number;
}

interface Pending {
  readonly bytes: number;
  resolve(outcomes: readonly AppendOutcome[]): void;
  reject(error: Error): void;
}

/** A client's end of the port to the writer's thread: what waits for an answer, and what waits for new events. */
export class WriterLink {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  readonly #watchers = new Set<() => void>();
  /** Messages that are not sent yet; the last one still takes calls. */
  readonly #outgoing: Outgoing[] = [];
  #unansweredBytes = 0;
  #scheduled = false;
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
    const message = this.#openMessage();
    const bytes = encodeRequest(message.requests, id, now, units);
    message.bytes += bytes;
    this.#schedule();
    return this.#answer(id, bytes);
  }

  async destroyKey(owner: string): Promise<void> {
    if (this.#failure) throw this.#failure;
    // Behind all that was appended before.
    this.#sendAll();
    const id = ++this.#lastId;
    this.#port.postMessage({ kind: 'destroy-key', id, owner } satisfies ClientMessage);
    await this.#answer(id, 0);
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
    this.#sendAll();
    if (this.#pending.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#fail(new StoreUnavailableError('the store was closed'));
    this.#port.close();
  }

  #answer(id: number, bytes: number): Promise<readonly AppendOutcome[]> {
    return new Promise((resolve, reject) => this.#pending.set(id, { bytes, resolve, reject }));
  }

  /** All that is appended in one turn of the event loop is sent together: one message costs less than many. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#sendWithinWindow();
    });
  }

  #openMessage(): Outgoing {
    let last = this.#outgoing.at(-1);
    if (!last || last.bytes >= MESSAGE_BYTES) {
      last = { requests: [], bytes: 0 };
      this.#outgoing.push(last);
    }
    return last;
  }

  /** One call that is larger than the window is sent when nothing else is under way. */
  #sendWithinWindow(): void {
    for (let next = this.#outgoing[0]; next; next = this.#outgoing[0]) {
      if (this.#unansweredBytes > 0 && this.#unansweredBytes + next.bytes > WINDOW_BYTES) return;
      this.#send(next);
    }
  }

  #sendAll(): void {
    for (let next = this.#outgoing[0]; next; next = this.#outgoing[0]) this.#send(next);
  }

  #send({ requests, bytes }: Outgoing): void {
    this.#outgoing.shift();
    this.#unansweredBytes += bytes;
    if (requests.length > 0) this.#port.postMessage({ kind: 'append', requests } satisfies ClientMessage);
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
    this.#sendWithinWindow();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#unansweredBytes -= pending?.bytes ?? 0;
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
