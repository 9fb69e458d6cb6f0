import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { ServerCall } from './grpc.ts';
import { unavailable } from './status-errors.ts';

/** Long enough for what was written to leave the process. */
const FLUSH_MS = 20;

/** What the double can be told to do wrong, while it runs. What is asked for stays until it has happened or `heal`. */
export interface FailureControls {
  /** The next appends are recorded, but their connection is cut instead of an answer. */
  dropAnswers(appends: number): Promise<void>;
  /** The connection of the next appends is cut before anything of them is recorded. */
  breakAppends(appends: number): Promise<void>;
  /** The connection of each of the next reads or subscriptions is cut after so many events (0: at once). */
  breakReads(reads: number, afterEvents: number): Promise<void>;
  /** Each answer is late by so many ms; 0: no more. Of a read or subscription it is the first answer. */
  delayAnswers(ms: number): Promise<void>;
  /** Every call, and every append on a call that is open, is refused as UNAVAILABLE for so many ms. */
  refuse(ms: number): Promise<void>;
  /** Ends all of the above. */
  heal(): Promise<void>;
}

export class Failures implements FailureControls {
  readonly #now: () => number;
  readonly #sockets = new Map<string, Socket>();
  #answersToDrop = 0;
  #appendsToBreak = 0;
  #readsToBreak: number[] = [];
  #delayMs = 0;
  #refusesUntil = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  async dropAnswers(appends: number): Promise<void> {
    this.#answersToDrop = appends;
  }

  async breakAppends(appends: number): Promise<void> {
    this.#appendsToBreak = appends;
  }

  async breakReads(reads: number, afterEvents: number): Promise<void> {
    this.#readsToBreak = Array.from({ length: reads }, () => afterEvents);
  }

  async delayAnswers(ms: number): Promise<void> {
    this.#delayMs = ms;
  }

  async refuse(ms: number): Promise<void> {
    this.#refusesUntil = this.#now() + ms;
  }

  async heal(): Promise<void> {
    this.#answersToDrop = 0;
    this.#appendsToBreak = 0;
    this.#readsToBreak = [];
    this.#delayMs = 0;
    this.#refusesUntil = 0;
  }

  /** Remembers a connection, so that it can be cut. */
  connected(socket: Socket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#sockets.set(peer, socket);
    socket.on('close', () => this.#sockets.delete(peer));
    // A client that goes away without a word is nothing to end for.
    socket.on('error', () => socket.destroy());
  }

  /** Makes an answer late. */
  async delay(): Promise<void> {
    if (this.#delayMs > 0) await setTimeout(this.#delayMs);
  }

  /** @throws {StatusError} while everything is refused */
  checkRefused(): void {
    if (this.#now() < this.#refusesUntil) throw unavailable();
  }

  /** Whether the append is to be forgotten: its connection is cut. */
  breaksAppend(call: ServerCall): boolean {
    if (this.#appendsToBreak === 0) return false;
    this.#appendsToBreak--;
    this.#cut(call);
    return true;
  }

  /** Whether the append, which is recorded, is not to be answered: its connection is cut. */
  dropsAnswer(call: ServerCall): boolean {
    if (this.#answersToDrop === 0) return false;
    this.#answersToDrop--;
    this.#cut(call);
    return true;
  }

  /** How many events the read that begins may send before `cutSoon`; undefined for all. */
  beginRead(): number | undefined {
    return this.#readsToBreak.shift();
  }

  /** Cuts the connection once what was sent is on its way; resolves when the call is over. */
  async cutSoon(call: ServerCall): Promise<void> {
    await setTimeout(FLUSH_MS);
    if (call.cancelled) return;
    const over = once(call, 'cancelled');
    this.#cut(call);
    await over;
  }

  /** Cuts every connection. */
  cutAll(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #cut(call: ServerCall): void {
    this.#sockets.get(call.getPeer())?.destroy();
  }
}
