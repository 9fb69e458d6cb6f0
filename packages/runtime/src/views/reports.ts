import { type Consumer, PoisonError, type Subscription } from '@tenure/event-bus';
import { inSpans } from '../telemetry/tracing.ts';
import type { ViewsMessage } from './protocol.ts';

/** A consumer whose failures are told, and where it stands. */
export type DeliveredConsumer = (consumer: Consumer) => Consumer;

interface Said {
  readonly position: string | null;
  /** Since when it does not move, of a steady clock. */
  readonly failingSince: number | undefined;
  /** Why, once it has lasted. */
  readonly message: string | undefined;
}

const passingFailureMs = 3_000;

/** Tells the process where consumers stand, and why they don't move. */
export class Reports {
  readonly #say: (message: ViewsMessage) => void;
  /** What was said last of where the consumers stand. */
  readonly #said = new Map<string, Said>();

  constructor(say: (message: ViewsMessage) => void) {
    this.#say = say;
  }

  /** What a consumer was said to have, the last time. */
  positionOf(consumer: string): string | null {
    return this.#said.get(consumer)?.position ?? null;
  }

  /** @param isHeard whether each delivery tells where the consumer stands */
  reporting(consumer: Consumer, isHeard: () => boolean): Consumer {
    return {
      ...consumer,
      handle: async (delivery) => {
        try {
          const traces = delivery.events.map(({ metadata }) => metadata.traceparent);
          await inSpans(`consume ${consumer.name}`, {}, traces, () => consumer.handle(delivery));
        } catch (error) {
          // The bus sets that aside and goes on.
          if (!(error instanceof PoisonError)) this.failed(consumer.name, error);
          throw error;
        }
        if (isHeard()) this.#moved(consumer.name, delivery.checkpoint.position);
      },
    };
  }

  failed(what: string, error: unknown): void {
    this.#say({ kind: 'failure', what, message: messageOf(error) });
  }

  /** What is said of a consumer is what was not said of it last. A failure that passes at once is not worth a word. */
  subscription(consumer: string, { position, failure }: Subscription): void {
    const before = this.#said.get(consumer);
    const failingSince = failure === undefined ? undefined : (before?.failingSince ?? performance.now());
    const lasts = failingSince !== undefined && performance.now() - failingSince > passingFailureMs;
    const message = lasts ? failure?.message : undefined;
    if (message !== undefined && message !== before?.message) this.#say({ kind: 'failure', what: consumer, message });
    const isMended = message === undefined && before?.message !== undefined;
    if (position !== null && (position !== before?.position || isMended)) {
      this.#say({ kind: 'position', consumer, position });
    }
    this.#said.set(consumer, { position: position ?? before?.position ?? null, failingSince, message });
  }

  #moved(consumer: string, position: string): void {
    this.#said.set(consumer, { failingSince: undefined, message: undefined, position });
    this.#say({ kind: 'position', consumer, position });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
