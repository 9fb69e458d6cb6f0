import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';
import { Backoff } from '../subscription/backoff.ts';
import { disconnect } from './connection.ts';

/** What a member of a group is told. */
export interface MemberListener {
  /** These are its partitions from now on; all of them are paused. Nothing else is told meanwhile. */
  assigned(partitions: readonly number[]): void;
  /** It may have lost what it had: the group is being formed anew, or cannot be reached. */
  withdrawn(): void;
  /** Messages of one partition, in order. The next are fetched when it resolves. */
  messages(partition: number, messages: readonly KafkaMessage[]): Promise<void>;
  /** It is no member for now, and tries again. */
  failed(error: Error): void;
}

export interface GroupMemberOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topic: string;
  readonly listener: MemberListener;
  /** A member that has not been heard of for that long has lost its partitions. */
  readonly sessionTimeoutMs: number;
  /** First pause after a failure; doubles up to a hundred times that. */
  readonly retryMs: number;
}

export interface HandledOffset {
  readonly partition: number;
  /** Of the next message. */
  readonly offset: string;
  /** Where the consumer stands who goes on with that message. */
  readonly metadata: string;
}

/** How long a fetch waits for a message: a partition that is resumed meanwhile waits with it. */
const FETCH_WAIT_MS = 100;
/** A group that is formed anew is noticed that soon, and a heartbeat a member is little. */
const HEARTBEAT_MS = 500;
/** Of a partition, at once. At least two of these are in memory for each partition. */
const FETCH_BYTES = 1024 * 1024;

/**
 * A process's membership in a consumer group of one topic, for as long as it is wanted: KafkaJS's consumer ends at
 * errors that it takes for final, and hangs at some; each time another takes its place. It commits no offset itself.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #stopping = new AbortController();
  #consumer: Consumer | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: GroupMemberOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** The place in a partition that is fetched from next. */
  seek(partition: number, offset: string): void {
    this.#consumer?.seek({ topic: this.#options.topic, partition, offset });
  }

  pause(partitions: readonly number[]): void {
    this.#consumer?.pause([{ topic: this.#options.topic, partitions: [...partitions] }]);
  }

  resume(partition: number): void {
    this.#consumer?.resume([{ topic: this.#options.topic, partitions: [partition] }]);
  }

  async commit(offsets: readonly HandledOffset[]): Promise<void> {
    const { topic } = this.#options;
    await this.#consumer?.commitOffsets(offsets.map((offset) => ({ topic, ...offset })));
  }

  async #run(): Promise<void> {
    const { retryMs, listener } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff(retryMs);
    while (!signal.aborted) {
      const { error, hasJoined } = await this.#beMember(signal);
      listener.withdrawn();
      if (signal.aborted) return;
      listener.failed(error);
      if (hasJoined) backoff.reset();
      await backoff.pause(signal);
    }
  }

  /** Resolves when it is a member no more, with what ended it. */
  async #beMember(signal: AbortSignal): Promise<{ error: Error; hasJoined: boolean }> {
    const { kafka, groupId, topic, listener, sessionTimeoutMs } = this.#options;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 3)),
      readUncommitted: false,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: FETCH_BYTES,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: async () => false },
    });
    const { promise: ended, resolve: end } = Promise.withResolvers<Error>();
    let hasJoined = false;
    const { CRASH, GROUP_JOIN, REBALANCING } = consumer.events;
    consumer.on(CRASH, ({ payload }) => end(payload.error));
    consumer.on(REBALANCING, () => listener.withdrawn());
    consumer.on(GROUP_JOIN, ({ payload }) => {
      hasJoined = true;
      const partitions = payload.memberAssignment[topic] ?? [];
      // Before the first fetch: it is asked for here where to begin.
      consumer.pause([{ topic, partitions: [...partitions] }]);
      listener.assigned(partitions);
    });
    const stop = (): void => end(new Error('stopped'));
    signal.addEventListener('abort', stop, { once: true });
    this.#consumer = consumer;
    try {
      const running = this.#begin(consumer).then(() => ended);
      const error = await Promise.race([running, ended]).catch((reason: unknown) => asError(reason));
      // What else goes wrong with a member that is none any more is nobody's business.
      running.catch(() => undefined);
      return { error, hasJoined };
    } finally {
      signal.removeEventListener('abort', stop);
      this.#consumer = undefined;
      await disconnect(consumer);
    }
  }

  async #begin(consumer: Consumer): Promise<void> {
    const { topic, listener } = this.#options;
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      // What was handed over is in order and in hand: which of it was handled is not KafkaJS's to know.
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch, isStale }) => {
        if (!isStale()) await listener.messages(batch.partition, batch.messages);
      },
    });
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
