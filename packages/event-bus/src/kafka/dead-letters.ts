import type { LogIdentity, SealedEvent } from '@tenure/event-store';
import type { Kafka } from 'kafkajs';
import { LazyProducer } from './lazy-producer.ts';
import { encodeEvent } from './message.ts';

/**
 * Copies of the events at which keys were parked, personal data as sealed as it came. Why they failed is in the row of
 * what is parked only: an error may quote what it failed on.
 */
export class DeadLetters {
  readonly #producer: LazyProducer;

  constructor(kafka: Kafka, topic: string) {
    this.#producer = new LazyProducer(kafka, topic);
  }

  /** Resolves when the copy is safe. */
  async send(event: SealedEvent, log: LogIdentity, consumer: string, parkId: string): Promise<void> {
    const { headers, ...message } = encodeEvent(event, { log, partition: 0, after: null });
    const marked = { ...message, headers: { ...headers, ce_consumer: consumer, ce_park: parkId } };
    await this.#producer.send([marked]);
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}
