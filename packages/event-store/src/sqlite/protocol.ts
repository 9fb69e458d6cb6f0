import type { MessagePort } from 'node:worker_threads';

/** From a client to the writer. */
export interface AppendMessage {
  readonly kind: 'append';
  /** What `encodeRequest` wrote, one request or many. */
  readonly requests: readonly unknown[];
}

/** Makes the keys of these owners unreadable for good. */
export interface DestroyKeyMessage {
  readonly kind: 'destroy-key';
  readonly id: number;
  readonly owner: string;
}

export type ClientMessage = AppendMessage | DestroyKeyMessage;

/** From the writer to a client. Ids are those the client gave. */
export type WriterMessage =
  /** What `encodeOutcomes` wrote, for the requests of one commit. Durable. */
  | { readonly kind: 'outcomes'; readonly outcomes: readonly unknown[]; readonly head: number }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly ids: readonly number[]; readonly message: string }
  /** Others have appended. */
  | { readonly kind: 'head'; readonly head: number };

/** From the thread that started the writer. */
export type ControlMessage = { readonly kind: 'connect'; readonly port: MessagePort } | { readonly kind: 'close' };

/** To the thread that started the writer. */
export type StatusMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: string | undefined; readonly message: string };

export interface WriterThreadOptions {
  readonly directory: string;
}
