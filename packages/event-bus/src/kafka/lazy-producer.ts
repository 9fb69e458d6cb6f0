import type { Kafka, Message, Producer } from 'kafkajs';
import { disconnect } from './connection.ts';

/** Sends to a topic with one partition; connects when there is something to send. */
export class LazyProducer {
  readonly #kafka: Kafka;
  readonly #topic: string;
  #producer: Promise<Producer> | undefined;

  constructor(kafka: Kafka, topic: string) {
    this.#kafka = kafka;
    this.#topic = topic;
  }

  /** Resolves when all brokers that must have the messages have them. They travel as one batch. */
  async send(messages: readonly Message[]): Promise<void> {
    this.#producer ??= this.#connect();
    const producer = await this.#producer;
    await producer.send({ topic: this.#topic, acks: -1, messages: [...messages] });
  }

  async close(): Promise<void> {
    // One that could not be opened needs no end.
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
