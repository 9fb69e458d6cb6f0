import type { LogIdentity, SealedEvent } from '@tenure/event-store';
import type { Kafka, Producer } from 'kafkajs';
import { disconnect } from './connection.ts';
import { encodeEvent } from './message.ts';

/**
 * Copies of the events at which keys were parked, personal data as sealed as it came. Why they failed is in the row of
 * what is parked only: an error may quote what it failed on.
 */
export class DeadLetters {
  readonly #kafka: Kafka;
  readonly #topic: string;
  #producer: Promise<Producer> | undefined;

  constructor(kafka: Kafka, topic: string) {
    this.#kafka = kafka;
    this.#topic = topic;
  }

  /** Resolves when the copy is safe. */
  async send(event: SealedEvent, log: LogIdentity, consumer: string, parkId: string): Promise<void> {
    this.#producer ??= this.#connect();
    const producer = await this.#producer;
    const { headers, ...message } = encodeEvent(event, { log, partition: 0, after: null });
    const marked = { ...message, headers: { ...headers, ce_consumer: consumer, ce_park: parkId } };
    await producer.send({ topic: this.#topic, acks: -1, messages: [marked] });
  }

  async close(): Promise<void> {
    const producer = await this.#producer?.catch(() => undefined);
    if (producer !== undefined) await disconnect(producer);
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: () => () => 0,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      this.#producer = undefined;
      await disconnect(producer);
      throw error;
    }
  }
}
