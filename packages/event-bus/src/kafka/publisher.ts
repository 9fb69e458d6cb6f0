import type { Checkpoint, Position, SealedEvent } from '@tenure/event-store';
import type { Kafka, Producer, RetryOptions, Transaction } from 'kafkajs';
import { connectKafka, disconnect, type KafkaConnection } from './connection.ts';
import { PublisherFencedError } from './errors.ts';
import { readLastRecord } from './last-record.ts';
import { decodeRelayRecord, encodeEvent, encodeRelayRecord, encodeWatermark, type OutgoingMessage } from './message.ts';
import { partitionOf } from './partition-of.ts';
import { MAX_BATCH_BYTES, type Topics } from './topics.ts';

/** What carries a log to the bus. Only the publisher that began last can publish. */
export interface LogPublisher {
  /**
   * Fences whoever published before, then tells up to where they came; undefined: nowhere yet. To be called again after
   * any failure but being fenced: what became of the last transaction is known then.
   */
  begin(): Promise<Checkpoint | undefined>;
  /**
   * Publishes the log's next events, all or none.
   * @throws {PublisherFencedError} when another publisher has begun
   */
  publish(events: readonly SealedEvent[], checkpoint: Checkpoint): Promise<void>;
  /** Whether some partition has not been told yet how far the log has come. */
  readonly isBehind: boolean;
  /** Tells every partition how far the log has come. @throws what `publish` throws */
  mark(): Promise<void>;
  close(): Promise<void>;
}

export interface KafkaPublisherOptions {
  readonly connection: KafkaConnection;
  readonly topics: Topics;
  /** ms, of any steady clock. */
  readonly now: () => number;
  /** Every partition is told at least that often how far the log has come, while it moves. */
  readonly watermarkMs?: number;
}

/**
 * A transaction that follows another at once meets CONCURRENT_TRANSACTIONS, which KafkaJS sleeps over for the first of
 * these times: short, then. It doubles, so that a broker that is away is asked for some seconds and not flooded.
 */
const retry: RetryOptions = { initialRetryTime: 5, factor: 0, multiplier: 2, maxRetryTime: 1_000, retries: 12 };

/** A request holds at most that much, of which a partition has at most a batch. */
const MAX_REQUEST_BYTES = 8 * MAX_BATCH_BYTES;

interface Session {
  readonly producer: Producer;
  /** Where the log stands on the bus. */
  checkpoint: Checkpoint | undefined;
  /** Up to where each partition has been told. */
  told: (Position | null)[];
  /** When each partition got its last message. */
  readonly toldAt: number[];
}

/** Publishes a log on Kafka, a transaction a call: events, watermarks, and where the relay stands, all or none. */
export function createKafkaPublisher(options: KafkaPublisherOptions): LogPublisher {
  return new KafkaPublisher(options);
}

class KafkaPublisher implements LogPublisher {
  readonly #options: Required<KafkaPublisherOptions>;
  readonly #transactionalId: string;
  #session: Session | undefined;

  constructor(options: KafkaPublisherOptions) {
    this.#options = { watermarkMs: 200, ...options };
    this.#transactionalId = options.topics.relay;
  }

  async begin(): Promise<Checkpoint | undefined> {
    await this.close();
    const { connection, topics } = this.#options;
    const kafka = connectKafka(connection, retry);
    const producer = this.#producer(kafka);
    try {
      await producer.connect();
      // A producer fences others at its first transaction, not when it connects. First that, then the reading.
      await (await producer.transaction()).abort();
      const value = await readLastRecord(kafka, topics.relay);
      const record = value === undefined ? undefined : decodeRelayRecord(value);
      this.#session = {
        producer,
        checkpoint: record?.checkpoint,
        told: Array.from({ length: topics.partitions }, (_, partition) => record?.told[partition] ?? null),
        toldAt: new Array<number>(topics.partitions).fill(Number.NEGATIVE_INFINITY),
      };
      return record?.checkpoint;
    } catch (error) {
      await disconnect(producer);
      throw error;
    }
  }

  async publish(events: readonly SealedEvent[], checkpoint: Checkpoint): Promise<void> {
    const session = this.#begun();
    const { partitions } = this.#options.topics;
    const told = [...session.told];
    const messages: OutgoingMessage[] = [];
    const send = (event: SealedEvent, partition: number): void => {
      messages.push(encodeEvent(event, { log: checkpoint, partition, after: told[partition] ?? null }));
      told[partition] = event.position;
    };
    for (const event of events) {
      if (event.customerId !== null) send(event, partitionOf(event.customerId, partitions));
      else for (let partition = 0; partition < partitions; partition += 1) send(event, partition);
    }
    const due = this.#options.now() - this.#options.watermarkMs;
    this.#mark(messages, checkpoint, told, (partition) => (session.toldAt[partition] ?? 0) <= due);
    await this.#commit(session, messages, checkpoint, told);
  }

  get isBehind(): boolean {
    const { checkpoint, told } = this.#begun();
    return checkpoint !== undefined && told.some((position) => position !== checkpoint.position);
  }

  async mark(): Promise<void> {
    const session = this.#begun();
    const { checkpoint } = session;
    if (checkpoint === undefined) return;
    const told = [...session.told];
    const messages: OutgoingMessage[] = [];
    this.#mark(messages, checkpoint, told, () => true);
    await this.#commit(session, messages, checkpoint, told);
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await disconnect(session.producer);
  }

  #begun(): Session {
    if (this.#session === undefined) throw new Error('the publisher has not begun');
    return this.#session;
  }

  #producer(kafka: Kafka): Producer {
    return kafka.producer({
      transactionalId: this.#transactionalId,
      maxInFlightRequests: 1,
      retry,
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    });
  }

  /** Adds watermarks to partitions that have not been told of the checkpoint, if they are to be. */
  #mark(
    messages: OutgoingMessage[],
    checkpoint: Checkpoint,
    told: (Position | null)[],
    isDue: (partition: number) => boolean,
  ): void {
    for (const [partition, after] of told.entries()) {
      if (after === checkpoint.position || !isDue(partition)) continue;
      messages.push(encodeWatermark(checkpoint, { partition, after }));
      told[partition] = checkpoint.position;
    }
  }

  async #commit(
    session: Session,
    messages: readonly OutgoingMessage[],
    checkpoint: Checkpoint,
    told: (Position | null)[],
  ): Promise<void> {
    const { topics, now } = this.#options;
    let transaction: Transaction | undefined;
    try {
      transaction = await session.producer.transaction();
      const [first = [], ...others] = inRequests(messages);
      const record = { topic: topics.relay, messages: [encodeRelayRecord({ checkpoint, told })] };
      await transaction.sendBatch({ topicMessages: [{ topic: topics.events, messages: first }, record] });
      for (const part of others) await transaction.send({ topic: topics.events, messages: part });
      await transaction.commit();
    } catch (error) {
      // Left open, it would hold up all who read only what is committed, until the next publisher begins.
      if (transaction?.isActive() === true) await transaction.abort().catch(() => undefined);
      await this.close();
      throw isFenced(error) ? new PublisherFencedError(this.#transactionalId, { cause: error }) : error;
    }
    const at = now();
    for (const { partition } of messages) session.toldAt[partition] = at;
    session.checkpoint = checkpoint;
    session.told = told;
  }
}

/** Messages in the order given, so many at once as a request, and a partition's batch in it, may hold. */
function inRequests(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const requests: OutgoingMessage[][] = [];
  let request: OutgoingMessage[] = [];
  let total = 0;
  let ofPartition = new Map<number, number>();
  for (const message of messages) {
    const size = sizeOf(message);
    const sum = (ofPartition.get(message.partition) ?? 0) + size;
    if (request.length > 0 && (sum > MAX_BATCH_BYTES || total + size > MAX_REQUEST_BYTES)) {
      requests.push(request);
      request = [];
      total = 0;
      ofPartition = new Map();
    }
    request.push(message);
    total += size;
    ofPartition.set(message.partition, (ofPartition.get(message.partition) ?? 0) + size);
  }
  if (request.length > 0) requests.push(request);
  return requests;
}

/** Bytes at most, roughly: what is beside the values has a bound. */
function sizeOf({ value, headers = {} }: OutgoingMessage): number {
  const { sealed, ce_metadata: metadata } = headers;
  return 1_000 + bytesOf(value) + bytesOf(sealed) + bytesOf(metadata);
}

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length < 4_096 ? 3 * value.length : Buffer.byteLength(value);
  return Buffer.isBuffer(value) ? value.length : 0;
}

/** KafkaJS wraps some errors, and does not know the newer code by name. */
function isFenced(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if ('type' in one && (one.type === 'INVALID_PRODUCER_EPOCH' || one.type === 'PRODUCER_FENCED')) return true;
    if ('code' in one && one.code === 90) return true;
  }
  return false;
}
