import type { KafkaMessage } from 'kafkajs';
import { pause } from '../subscription/pause.ts';
import { connectKafka, type KafkaConnection, patientRetry } from './connection.ts';
import { GroupMember } from './group-member.ts';
import { InboxPartition } from './inbox-partition.ts';
import { RejectedFacts } from './rejected-facts.ts';
import { ensureTopics, type Topics } from './topics.ts';

/** A message as its publisher sent it. */
export interface InboxMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly value: Uint8Array | null;
  /** The text of a header, the first if there are several of that name. */
  header(name: string): string | undefined;
}

/** What became of a message. */
export type InboxVerdict =
  | { readonly outcome: 'taken' }
  /** Another group takes it. */
  | { readonly outcome: 'not-ours' }
  /** @property reason a problem by RFC 9457 as JSON, without personal data; of a few KiB at most */
  | { readonly outcome: 'rejected'; readonly reason: string };

export interface KafkaInboxOptions {
  readonly connection: KafkaConnection;
  readonly topics: Topics;
  /** Members of a group share the messages; each group gets them all. */
  readonly group: string;
  /**
   * Takes messages of one partition for good: when it resolves, what it took is durable.
   * @param attempt from 1; more when it threw for the same messages before
   * @returns a verdict on each, in their order
   * @throws to have all of them again after a pause: nothing is lost meanwhile, and nothing after them is begun
   */
  readonly handle: (messages: readonly InboxMessage[], attempt: number) => Promise<readonly InboxVerdict[]>;
  /** Messages that are handled at once at most. */
  readonly batchSize?: number;
  /** First pause after a failure; doubles up to a hundred times that. */
  readonly retryMs?: number;
  /** A process that has not been heard of for that long has lost its partitions. */
  readonly sessionTimeoutMs?: number;
}

/** Takes what others publish. Each message is handled at least once; offsets are committed after that. */
export interface KafkaInbox {
  /** Why it does not go on, as a whole or in some partition; undefined if all is well. */
  readonly failure: Error | undefined;
  /** Makes the topics that are not there. @throws {TopicMismatchError}, or when Kafka cannot be reached */
  start(): Promise<void>;
  /** Finishes what is being handled, then leaves the group. */
  stop(): Promise<void>;
}

/** A partition that takes longer lets the others be fetched meanwhile. */
const HOLD_MS = 250;

export function createKafkaInbox(options: KafkaInboxOptions): KafkaInbox {
  return new Inbox(options);
}

class Inbox implements KafkaInbox {
  readonly #options: Required<KafkaInboxOptions>;
  readonly #member: GroupMember;
  readonly #rejected: RejectedFacts;
  #partitions = new Map<number, InboxPartition>();
  /** They begin nothing more; what they are at may go on for a while. */
  #ending: readonly Promise<void>[] = [];
  /** Counts what the group says of the partitions: what was begun for an earlier word has no say any more. */
  #generation = 0;
  #isStopping = false;
  #memberFailure: Error | undefined;
  #commitFailure: Error | undefined;

  constructor(options: KafkaInboxOptions) {
    this.#options = { batchSize: 500, retryMs: 50, sessionTimeoutMs: 15_000, ...options };
    const { connection, topics, group, retryMs, sessionTimeoutMs } = this.#options;
    const kafka = connectKafka(connection, patientRetry);
    this.#rejected = new RejectedFacts(kafka, topics.rejectedFacts);
    this.#member = new GroupMember({
      kafka,
      groupId: group,
      topic: topics.facts,
      sessionTimeoutMs,
      retryMs,
      listener: {
        assigned: (partitions) => void this.#assigned(partitions),
        withdrawn: () => this.#withdraw(),
        messages: (partition, messages) => this.#take(partition, messages),
        failed: (error) => {
          this.#memberFailure = error;
        },
      },
    });
  }

  get failure(): Error | undefined {
    for (const { failure } of this.#partitions.values()) if (failure !== undefined) return failure;
    return this.#memberFailure ?? this.#commitFailure;
  }

  async start(): Promise<void> {
    await ensureTopics(this.#options.connection, this.#options.topics);
    this.#member.start();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#partitions.values()].map((partition) => partition.end()));
    await this.#member.stop();
    await this.#allEnded();
    await this.#rejected.close();
  }

  /** Nothing is begun here until the group has said again what is to be. */
  #withdraw(): void {
    this.#generation += 1;
    this.#ending = [...this.#ending, ...[...this.#partitions.values()].map((partition) => partition.end())];
    this.#partitions = new Map();
  }

  /** Takes up partitions, where the group's offsets say, once nothing is at work that was begun for an earlier word. */
  async #assigned(partitions: readonly number[]): Promise<void> {
    this.#withdraw();
    const generation = this.#generation;
    await this.#allEnded();
    if (generation !== this.#generation || this.#isStopping) return;
    this.#memberFailure = undefined;
    this.#commitFailure = undefined;
    for (const partition of partitions) {
      this.#partitions.set(
        partition,
        new InboxPartition({
          ...this.#options,
          settle: (messages, attempt) => this.#settle(partition, messages, attempt, generation),
          commit: (offset) => this.#commit(partition, offset, generation),
        }),
      );
      this.#member.resume(partition);
    }
  }

  async #allEnded(): Promise<void> {
    const ending = this.#ending;
    await Promise.all(ending);
    this.#ending = this.#ending.filter((one) => !ending.includes(one));
  }

  async #take(partition: number, messages: readonly KafkaMessage[]): Promise<void> {
    const own = this.#partitions.get(partition);
    // Of an earlier word of the group: it comes again, to whoever has the partition.
    if (own === undefined || own.isEnding) return;
    this.#member.pause([partition]);
    const taken = own.take(messages).then(() => {
      if (this.#partitions.get(partition) === own) this.#member.resume(partition);
    });
    const given = new AbortController();
    await Promise.race([taken, pause(HOLD_MS, given.signal)]);
    given.abort();
  }

  async #settle(
    partition: number,
    messages: readonly KafkaMessage[],
    attempt: number,
    generation: number,
  ): Promise<void> {
    const topic = this.#options.topics.facts;
    const verdicts = await this.#options.handle(
      messages.map((message) => inboxMessage(topic, partition, message)),
      attempt,
    );
    if (verdicts.length !== messages.length)
      throw new Error(`${verdicts.length} verdicts were given on ${messages.length} messages`);
    // Whoever has the partition now handles them too, and keeps what is rejected.
    if (generation !== this.#generation) return;
    const rejected = messages.flatMap((message, index) => {
      const verdict = verdicts[index];
      return verdict?.outcome === 'rejected' ? [{ topic, partition, message, reason: verdict.reason }] : [];
    });
    await this.#rejected.send(rejected);
  }

  /** A commit that fails is made good by the next one, or what was handled comes again. */
  async #commit(partition: number, offset: string, generation: number): Promise<void> {
    if (generation !== this.#generation) return;
    try {
      await this.#member.commit([{ partition, offset, metadata: '' }]);
      this.#commitFailure = undefined;
    } catch (error) {
      if (generation === this.#generation)
        this.#commitFailure = error instanceof Error ? error : new Error(String(error));
    }
  }
}

function inboxMessage(topic: string, partition: number, { offset, value, headers = {} }: KafkaMessage): InboxMessage {
  return {
    topic,
    partition,
    offset,
    value,
    header: (name) => {
      const given = Object.hasOwn(headers, name) ? headers[name] : undefined;
      const first = Array.isArray(given) ? given[0] : given;
      // A header without a value is read as null, whatever the types say.
      return first?.toString();
    },
  };
}
