import type { KafkaMessage } from 'kafkajs';
import { Backoff } from '../subscription/backoff.ts';

export interface InboxPartitionParts {
  /** Takes messages for good, one after another: they are handled, and what was rejected is kept, once it resolves. */
  readonly settle: (messages: readonly KafkaMessage[], attempt: number) => Promise<void>;
  /** All before this offset is settled. */
  readonly commit: (offset: string) => Promise<void>;
  readonly batchSize: number;
  /** First pause after a failure; doubles up to a hundred times that. */
  readonly retryMs: number;
}

/** One partition of an inbox while it is this member's: what came of it is settled in order, however often it is tried. */
export class InboxPartition {
  readonly #parts: InboxPartitionParts;
  readonly #ending = new AbortController();
  #working: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(parts: InboxPartitionParts) {
    this.#parts = parts;
  }

  /** Why it does not go on just now. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Whether it begins nothing more. */
  get isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Resolves when all messages are settled, or nothing more is begun. To be called with one page after another. */
  take(messages: readonly KafkaMessage[]): Promise<void> {
    this.#working = this.#work(messages);
    return this.#working;
  }

  /** Begins nothing more. @returns when what it is at has come to its end */
  end(): Promise<void> {
    this.#ending.abort();
    return this.#working;
  }

  async #work(messages: readonly KafkaMessage[]): Promise<void> {
    const { batchSize } = this.#parts;
    for (let from = 0; from < messages.length && !this.isEnding; from += batchSize)
      await this.#settle(messages.slice(from, from + batchSize));
  }

  async #settle(batch: readonly KafkaMessage[]): Promise<void> {
    const { settle, commit, retryMs } = this.#parts;
    const { signal } = this.#ending;
    const backoff = new Backoff(retryMs);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await settle(batch, attempt);
        break;
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
      }
      await backoff.pause(signal);
      // It comes again, to whoever has the partition.
      if (signal.aborted) return;
    }
    this.#failure = undefined;
    const last = batch.at(-1);
    if (last !== undefined) await commit(String(BigInt(last.offset) + 1n));
  }
}
