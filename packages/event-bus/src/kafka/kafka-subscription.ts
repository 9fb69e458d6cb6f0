import type { Checkpoint, EventStore, Position } from '@tenure/event-store';
import type { SharedKeyStore } from '@tenure/key-store';
import type { Admin, Kafka, KafkaMessage } from 'kafkajs';
import type { Consumer, Park, ParkingLot, ReplayOutcome, Subscription } from '../port.ts';
import { Backoff } from '../subscription/backoff.ts';
import { pause } from '../subscription/pause.ts';
import { Turns } from '../subscription/turns.ts';
import { Waiting } from '../subscription/waiting.ts';
import type { DeadLetters } from './dead-letters.ts';
import { UnknownCheckpointError } from './errors.ts';
import { GroupMember } from './group-member.ts';
import { partitionOfPark } from './parked-keys.ts';
import { PartitionReader } from './partition-reader.ts';
import type { Topics } from './topics.ts';

export interface SubscriptionParts {
  readonly kafka: Kafka;
  readonly admin: () => Promise<Admin>;
  readonly topics: Topics;
  readonly groupId: string;
  readonly consumer: Consumer;
  readonly store: EventStore;
  readonly keys: Pick<SharedKeyStore, 'findMany'>;
  readonly parkingLot: ParkingLot;
  readonly deadLetters: DeadLetters;
  readonly now: () => number;
  readonly pageSize: number;
  readonly retryMs: number;
  readonly sessionTimeoutMs: number;
  readonly idleMs: number;
  readonly storeMs: number;
}

/** The pause between looks at what others do: at where they stand, and at what is asked of parked keys. */
const LOOK_MS = 100;
/** Nobody waits: then it is looked only every so many times. */
const IDLE_LOOKS = 10;
/** Looks between commits of offsets, and between looks at parked keys. */
const COMMIT_LOOKS = 10;
const PARK_LOOKS = 3;
/** A partition that takes longer lets the others be fetched meanwhile. */
const HOLD_MS = 250;
/** How long a replay may take that another process has to do. */
const ELSEWHERE_MS = 30_000;

/** One consumer's part in its group: which partitions it has, where it stands in all of them, and what is asked of it. */
export class KafkaSubscription implements Subscription {
  readonly #parts: SubscriptionParts;
  readonly #member: GroupMember;
  readonly #stopping = new AbortController();
  readonly #turns = new Turns();
  readonly #waiting = new Waiting();
  /** Where others stood, or this process did, in partitions that are not read here now. */
  readonly #known: (Checkpoint | undefined)[];
  #readers = new Map<number, PartitionReader>();
  /** Readers that begin nothing more; what they are at may go on for a while. */
  #ending: readonly PartitionReader[] = [];
  /** Counts what the group says of the partitions: what was begun for an earlier word has no say any more. */
  #generation = 0;
  #assigning: Promise<void> = Promise.resolve();
  #looking: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #lookFailure: Error | undefined;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#known = new Array<Checkpoint | undefined>(parts.topics.partitions).fill(undefined);
    this.#member = new GroupMember({
      kafka: parts.kafka,
      groupId: parts.groupId,
      topic: parts.topics.events,
      sessionTimeoutMs: parts.sessionTimeoutMs,
      retryMs: parts.retryMs,
      listener: {
        assigned: (partitions) => this.#assigned(partitions),
        withdrawn: () => this.#withdraw(),
        messages: (partition, messages) => this.#take(partition, messages),
        failed: (error) => {
          this.#failure = error;
        },
      },
    });
  }

  get position(): Position | null {
    let lowest: Position | undefined;
    for (const [partition, known] of this.#known.entries()) {
      const reader = this.#readers.get(partition);
      const position = (reader === undefined ? known : reader.checkpoint)?.position;
      if (position === undefined) return null;
      if (lowest === undefined || position < lowest) lowest = position;
    }
    return lowest ?? null;
  }

  get failure(): Error | undefined {
    for (const { failure } of this.#readers.values()) if (failure !== undefined) return failure;
    return this.#failure ?? this.#lookFailure;
  }

  /** Whether a partition is delivered here now. */
  has(partition: number): boolean {
    return this.#readers.has(partition);
  }

  async start(): Promise<void> {
    await this.#lookAtOthers();
    this.#member.start();
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#withdraw();
    const ending = this.#ending;
    await this.#assigning;
    await Promise.all(ending.map((reader) => reader.ended));
    // Only where to begin, which is told by the consumer's checkpoints too.
    await this.#commit(ending).catch(() => undefined);
    await this.#member.stop();
    await this.#looking;
  }

  reached(position: Position, signal: AbortSignal): Promise<void> {
    if (this.#isAt(position)) return Promise.resolve();
    return this.#waiting.for(position, signal);
  }

  replay(parkId: string): Promise<ReplayOutcome> {
    return this.#release(parkId, 'replay');
  }

  drop(parkId: string): Promise<ReplayOutcome> {
    return this.#release(parkId, 'drop');
  }

  #isAt(position: Position): boolean {
    const own = this.position;
    return own !== null && own >= position;
  }

  #moved(): void {
    if (this.#waiting.isEmpty) return;
    const own = this.position;
    if (own !== null) this.#waiting.reached(own);
  }

  /** Nothing is delivered here until the group has said again what is to be. */
  #withdraw(): void {
    this.#generation += 1;
    for (const [partition, reader] of this.#readers) {
      reader.withdraw();
      this.#known[partition] = reader.checkpoint;
      this.#ending = [...this.#ending, reader];
    }
    this.#readers = new Map();
  }

  #assigned(partitions: readonly number[]): void {
    this.#withdraw();
    const generation = this.#generation;
    this.#assigning = this.#assigning.then(() => this.#takeUp(partitions, generation));
  }

  /** Takes up partitions, however often it has to be tried, unless the group has said another word meanwhile. */
  async #takeUp(partitions: readonly number[], generation: number): Promise<void> {
    const { retryMs } = this.#parts;
    const { signal } = this.#stopping;
    const backoff = new Backoff(retryMs);
    while (generation === this.#generation && !signal.aborted) {
      try {
        const ending = this.#ending;
        await Promise.all(ending.map((reader) => reader.ended));
        this.#ending = this.#ending.filter((reader) => !ending.includes(reader));
        await this.#prepare(partitions, generation);
        this.#failure = undefined;
        return;
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        await backoff.pause(signal);
      }
    }
  }

  async #prepare(partitions: readonly number[], generation: number): Promise<void> {
    const { consumer, parkingLot, topics, turns } = { ...this.#parts, turns: this.#turns };
    await consumer.reassigned?.();
    const parks = (await parkingLot.list()).filter((park) => park.consumer === consumer.name);
    const checkpoints = await Promise.all(partitions.map((partition) => this.#storedIn(partition)));
    const offsets = await this.#offsets(partitions, checkpoints);
    if (generation !== this.#generation) return;
    for (const [index, partition] of partitions.entries()) {
      const reader = new PartitionReader({
        ...this.#parts,
        partition,
        partitions: topics.partitions,
        turns,
        checkpoint: checkpoints[index],
        parks: parks.filter((park) => partitionOfPark(park, topics.partitions) === partition),
        onMove: () => this.#moved(),
      });
      this.#readers.set(partition, reader);
      const offset = offsets[index];
      if (offset !== undefined) this.#member.seek(partition, offset);
      this.#member.resume(partition);
    }
    this.#moved();
  }

  async #storedIn(partition: number): Promise<Checkpoint | undefined> {
    const { consumer, store } = this.#parts;
    const checkpoint = await consumer.checkpoint(partition);
    if (checkpoint !== undefined && !(await store.recognises(checkpoint))) {
      throw new UnknownCheckpointError(consumer.name, checkpoint);
    }
    return checkpoint;
  }

  /**
   * Where to begin: at the group's offset, if the consumer has stored what came before it; else, as when views were
   * restored or the offset expired, at the beginning of what the topic has.
   */
  async #offsets(
    partitions: readonly number[],
    checkpoints: readonly (Checkpoint | undefined)[],
  ): Promise<readonly (string | undefined)[]> {
    const { groupId, topics } = this.#parts;
    if (partitions.length === 0) return [];
    const admin = await this.#parts.admin();
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
    const ends = await admin.fetchTopicOffsets(topics.events);
    return partitions.map((partition, index) => {
      const end = ends.find((one) => one.partition === partition);
      const { offset = '-1', metadata } = committed?.partitions.find((one) => one.partition === partition) ?? {};
      const position = checkpoints[index]?.position;
      const isStored = typeof metadata === 'string' && position !== undefined && metadata <= position;
      const isThere = BigInt(offset) >= BigInt(end?.low ?? 0) && BigInt(offset) <= BigInt(end?.high ?? 0);
      return isStored && isThere ? offset : end?.low;
    });
  }

  async #take(partition: number, messages: readonly KafkaMessage[]): Promise<void> {
    const reader = this.#readers.get(partition);
    // Of an earlier word of the group: it comes again, to whoever has the partition.
    if (reader === undefined) return;
    this.#member.pause([partition]);
    const room = reader.offer(messages).then(() => {
      if (this.#readers.get(partition) === reader) this.#member.resume(partition);
    });
    const given = new AbortController();
    await Promise.race([room, pause(HOLD_MS, given.signal)]);
    given.abort();
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    for (let look = 1; !signal.aborted; look += 1) {
      await pause(LOOK_MS, signal);
      if (signal.aborted) return;
      try {
        if (!this.#waiting.isEmpty || look % IDLE_LOOKS === 0) await this.#lookAtOthers();
        if (look % PARK_LOOKS === 0) await this.#lookAtParks();
        // Only where to begin: the consumer's checkpoints say it too, and it is tried again.
        if (look % COMMIT_LOOKS === 0) await this.#commit([...this.#readers.values()]).catch(() => undefined);
        this.#lookFailure = undefined;
      } catch (error) {
        this.#lookFailure = error instanceof Error ? error : new Error(String(error));
      }
    }
  }

  async #lookAtOthers(): Promise<void> {
    const { consumer } = this.#parts;
    await Promise.all(
      [...this.#known.keys()].map(async (partition) => {
        if (this.#readers.has(partition)) return;
        this.#known[partition] = await consumer.checkpoint(partition);
      }),
    );
    this.#moved();
  }

  /** Does what others ask of keys that are parked here, and of those whose rows somebody took away. */
  async #lookAtParks(): Promise<void> {
    const { parkingLot, consumer, topics } = this.#parts;
    const before = [...this.#readers.values()].flatMap((reader) => reader.parks.map((park) => ({ reader, park })));
    const rows = (await parkingLot.list()).filter((park) => park.consumer === consumer.name);
    const asked = rows.filter(({ request }) => request !== undefined);
    for (const row of asked) {
      const reader = this.#readers.get(partitionOfPark(row, topics.partitions));
      if (row.request !== undefined) await reader?.release(row, row.request);
    }
    const kept = new Set(rows.map(({ id }) => id));
    for (const { reader, park } of before) {
      if (!kept.has(park.id) && this.#readers.get(partitionOfPark(park, topics.partitions)) === reader) {
        // Whoever had the partition before released it, at a place that is not known here.
        if (reader.parks.includes(park)) await reader.release(park, 'replay');
      }
    }
  }

  async #commit(readers: readonly PartitionReader[]): Promise<void> {
    const offsets = readers.flatMap((reader) => reader.takeCommittable() ?? []);
    if (offsets.length > 0) await this.#member.commit(offsets);
  }

  async #release(parkId: string, request: 'replay' | 'drop'): Promise<ReplayOutcome> {
    const { parkingLot, topics } = this.#parts;
    const row = await this.#row(parkId);
    if (row === undefined) return 'unknown';
    const reader = this.#readers.get(partitionOfPark(row, topics.partitions));
    if (reader !== undefined) return reader.release(row, request);
    await parkingLot.park({ ...row, request });
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ELSEWHERE_MS)]);
    for (;;) {
      await pause(LOOK_MS, signal);
      signal.throwIfAborted();
      const now = await this.#row(parkId);
      if (now === undefined) return 'released';
      if (now.request === undefined) return 'parked-again';
    }
  }

  async #row(parkId: string): Promise<Park | undefined> {
    const { parkingLot, consumer } = this.#parts;
    return (await parkingLot.list()).find(({ id, consumer: name }) => id === parkId && name === consumer.name);
  }
}
