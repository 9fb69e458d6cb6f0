import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { KeyStore } from '@tenure/key-store';
import { encodeOutcomes } from './append-answer.ts';
import { type AppendRequest, RequestReader } from './append-request.ts';
import type { ClientMessage, WriterMessage } from './protocol.ts';
import type { SqliteLog } from './sqlite-log.ts';

/** A commit takes about this many events; a larger call is still committed as one. */
const EVENTS_PER_COMMIT = 2_000;

interface QueuedRequest {
  readonly port: MessagePort;
  readonly id: number;
  readonly request: AppendRequest;
}

/**
 * Serves the log to the clients of all threads. Group commit: while one transaction runs, requests wait in the ports;
 * all that wait go into the next.
 */
export class LogServer {
  readonly #log: SqliteLog;
  readonly #keys: KeyStore;
  readonly #ports = new Set<MessagePort>();
  #queue: QueuedRequest[] = [];
  #scheduled = false;

  constructor(log: SqliteLog, keys: KeyStore) {
    this.#log = log;
    this.#keys = keys;
  }

  connect(port: MessagePort): void {
    this.#ports.add(port);
    port.on('message', (message: ClientMessage) => this.#receive(port, message));
    port.on('close', () => this.#ports.delete(port));
    port.start();
  }

  /** Carries out what clients had sent by now, answers it, and parts with them. */
  close(): void {
    for (const port of this.#ports) {
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
        this.#receive(port, next.message as ClientMessage);
    }
    while (this.#queue.length > 0) this.#commit();
    for (const port of this.#ports) port.close();
  }

  #receive(port: MessagePort, message: ClientMessage): void {
    if (message.kind === 'destroy-key') {
      this.#destroyKey(port, message.id, message.owner);
      return;
    }
    const reader = new RequestReader(message.requests);
    for (let next = reader.next(); next; next = reader.next()) this.#queue.push({ port, ...next });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#queue.length === 0) return;
    this.#scheduled = true;
    // Not at once: messages that have arrived together are received one by one before this.
    setImmediate(() => {
      this.#scheduled = false;
      this.#commit();
      this.#schedule();
    });
  }

  #commit(): void {
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    try {
      this.#append(batch);
    } catch (error) {
      // One request that cannot be written must not take the others with it.
      if (batch.length === 1) this.#fail(batch, error);
      else for (const queued of batch) this.#commitAlone(queued);
    }
  }

  #commitAlone(queued: QueuedRequest): void {
    try {
      this.#append([queued]);
    } catch (error) {
      this.#fail([queued], error);
    }
  }

  #takeBatch(): QueuedRequest[] {
    let events = 0;
    let count = 0;
    for (const { request } of this.#queue) {
      for (const unit of request.units) for (const append of unit) events += append.events.length;
      if (count > 0 && events > EVENTS_PER_COMMIT) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #append(batch: readonly QueuedRequest[]): void {
    const before = this.#log.head;
    const outcomes = this.#log.append(batch.map(({ request }) => request));
    const head = this.#log.head;
    const answers = new Map<MessagePort, unknown[]>();
    for (const [index, { port, id }] of batch.entries()) {
      const answer = answers.get(port) ?? [];
      answers.set(port, answer);
      encodeOutcomes(answer, id, outcomes[index] ?? []);
    }
    for (const [port, answer] of answers) post(port, { kind: 'outcomes', outcomes: answer, head });
    if (head === before) return;
    for (const port of this.#ports) if (!answers.has(port)) post(port, { kind: 'head', head });
  }

  #fail(batch: readonly QueuedRequest[], error: unknown): void {
    for (const { port, id } of batch) post(port, { kind: 'failed', ids: [id], message: messageOf(error) });
  }

  #destroyKey(port: MessagePort, id: number, owner: string): void {
    // What was sent before is sealed before.
    while (this.#queue.length > 0) this.#commit();
    try {
      this.#keys.destroy(owner);
      post(port, { kind: 'done', id });
    } catch (error) {
      post(port, { kind: 'failed', ids: [id], message: messageOf(error) });
    }
  }
}

const post = (port: MessagePort, message: WriterMessage): void => port.postMessage(message);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
