import type { IHeaders, Kafka, KafkaMessage, Message } from 'kafkajs';
import { LazyProducer } from './lazy-producer.ts';
import { MAX_BATCH_BYTES } from './topics.ts';

/** A message that was not taken, and why. */
export interface RejectedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
  /** A problem by RFC 9457, as JSON. */
  readonly reason: string;
}

/** Headers of a copy, beside those of the message; a message that is rejected again gets them anew. */
const rejectedHeaders = {
  reason: 'tenure-reason',
  topic: 'tenure-source-topic',
  partition: 'tenure-source-partition',
  offset: 'tenure-source-offset',
} as const;

/** Copies of messages that were not taken: the bytes as they came, and headers that say where from and why. */
export class RejectedFacts {
  readonly #producer: LazyProducer;

  constructor(kafka: Kafka, topic: string) {
    this.#producer = new LazyProducer(kafka, topic);
  }

  /** Resolves when all copies are safe. */
  async send(rejected: readonly RejectedMessage[]): Promise<void> {
    for (const messages of inBatches(rejected.map(rejectedCopy))) await this.#producer.send(messages);
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}

export function rejectedCopy({ topic, partition, message, reason }: RejectedMessage): Message {
  const { key, value, headers = {} } = message;
  return {
    key,
    value,
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, writable(header)])),
      [rejectedHeaders.reason]: reason,
      [rejectedHeaders.topic]: topic,
      [rejectedHeaders.partition]: String(partition),
      [rejectedHeaders.offset]: message.offset,
    },
  };
}

/** Kafka knows headers without a value. KafkaJS reads these as null, whatever its types say, and cannot write them. */
function writable(header: IHeaders[string] | null): IHeaders[string] {
  if (Array.isArray(header)) return header.map((one: Buffer | string | null) => one ?? '');
  return header ?? '';
}

/** Messages in order, no more together than a batch may hold; one that is larger goes alone. */
function* inBatches(messages: readonly Message[]): Generator<readonly Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (batch.length > 0 && bytes + size > MAX_BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function sizeOf({ key, value, headers = {} }: Message): number {
  let bytes = 100 + bytesOf(key) + bytesOf(value);
  for (const [name, header] of Object.entries(headers)) {
    const values = Array.isArray(header) ? header : [header];
    for (const one of values) bytes += 10 + bytesOf(name) + bytesOf(one);
  }
  return bytes;
}

function bytesOf(part: Buffer | string | null | undefined): number {
  return part === null || part === undefined ? 0 : Buffer.byteLength(part);
}
