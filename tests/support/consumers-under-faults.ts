import { calendarOf } from '@tenure/domain';
import type { Consumer } from '@tenure/event-bus';
import { type EventStore, type Position, type StoredEvent, StoreUnavailableError } from '@tenure/event-store';
import type { ReadStore, ViewSet } from '@tenure/read-store';
import { type Consumers, collectionsOf, createConsumers, stateCollections } from '@tenure/runtime/testing';
import { services } from '@tenure/standalone';
import type { Chance } from './chance.ts';

const definitions = services.flatMap(({ views }) => (views === undefined ? [] : [views.definition]));

/** A failure that was asked for. */
class Cut extends Error {}

interface Options {
  readonly store: EventStore;
  readonly readStore: ReadStore;
  readonly chance: Chance;
  /** ms since 1970 UTC. */
  readonly now: number;
  /** Deliver keys in another order than the log's, each key in its own. */
  readonly reorders: boolean;
  /** Processes that share the work by partitions, and take them from each other; the last may be slow to notice. */
  readonly processes: number;
}

/** One process: its consumers, and the partitions that each of them is given. */
interface Process {
  consumers: Consumers | undefined;
  /** Where each of its consumers stands in a partition, as far as it knows: else, where it is stored. */
  readonly standing: Map<string, Position>;
  readonly partitions: { readonly projecting: Set<number>; readonly recording: Set<number> };
}

type Role = keyof Process['partitions'];

/**
 * The consumers of the views and a bus that treats them badly: it splits as it likes, delivers again, begins again from
 * earlier, and cuts them off before, between and after what they write. Each key's events come in order.
 */
export class ConsumersUnderFaults {
  readonly #options: Options;
  /** Where and when the next call fails: before it did anything, or after. */
  #cut: { readonly call: 'append' | 'write'; readonly when: 'before' | 'after' } | undefined;
  readonly #processes: readonly Process[];
  #views: ViewSet | undefined;
  #builds = 0;
  readonly counts = { deliveries: 0, cuts: 0, restarts: 0, replays: 0, rebuilds: 0, moves: 0 };

  constructor(options: Options) {
    this.#options = options;
    const partitions = [...this.#partitions()];
    this.#processes = Array.from({ length: options.processes }, (_, index) => {
      const own = partitions.filter((partition) => partition % options.processes === index);
      return {
        consumers: undefined,
        standing: new Map(),
        partitions: { projecting: new Set(own), recording: new Set(own) },
      };
    });
  }

  get views(): ViewSet {
    if (this.#views === undefined) throw new Error('nothing has been delivered yet');
    return this.#views;
  }

  /** So many deliveries with faults. */
  async disturb(deliveries: number): Promise<void> {
    const { chance } = this.#options;
    for (let left = deliveries; left > 0; left--) {
      const process = chance.pick(this.#processes);
      if (chance.oneIn(12)) this.#restart(process);
      if (chance.oneIn(60)) this.#rebuild();
      if (this.#processes.length > 1 && chance.oneIn(10)) await this.#move();
      if (chance.oneIn(6)) {
        this.#cut = { call: chance.pick(['append', 'write', 'write']), when: chance.pick(['before', 'after']) };
      }
      const roles = chance.pick<readonly Role[]>([['projecting'], ['recording'], ['projecting', 'recording']]);
      const busy = chance.oneIn(3) ? this.#processes : [process];
      await Promise.all(busy.flatMap((one) => roles.map((role) => this.#deliver(one, role))));
    }
  }

  /** Delivers what there is, and what follows from it, until nothing more does. */
  async settle(): Promise<void> {
    this.#cut = undefined;
    await this.#tellAll();
    for (;;) {
      let count = 0;
      for (const process of this.#processes) {
        const consumers = await this.#open(process);
        const rest = (['projecting', 'recording'] as const).flatMap((role) =>
          [...process.partitions[role]].map((partition) =>
            deliverRest(this.#options.store, consumers[role], { partition, filter: this.#isOf(partition) }),
          ),
        );
        for (const delivered of await Promise.all(rest)) count += delivered;
      }
      if (count === 0) return;
    }
  }

  async #deliver(process: Process, role: Role): Promise<void> {
    const { store, chance } = this.#options;
    const consumer = (await this.#open(process))[role];
    if (process.partitions[role].size === 0) return;
    const partition = chance.pick([...process.partitions[role]]);
    const standing = `${role}/${partition}`;
    const from = await this.#from(consumer, partition, process.standing.get(standing));
    const read = await store.readAll({ ...(from === undefined ? {} : { after: from }), limit: chance.between(1, 80) });
    const last = read.at(-1);
    if (last === undefined) return;
    const page = read.filter(this.#isOf(partition));
    const events = this.#disordered(page.flatMap((event) => (chance.oneIn(9) ? [event, event] : [event])));
    const checkpoint = { ...store.identity, position: last.position, eventId: last.id };
    this.counts.deliveries++;
    try {
      await consumer.handle({ partition, events, checkpoint });
      process.standing.set(standing, last.position);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) && !(error instanceof Cut)) throw error;
      process.standing.delete(standing);
      // Whoever was cut off goes on, or is another who knows nothing.
      if (chance.oneIn(2)) this.#restart(process);
    }
  }

  /** Where the next delivery begins: mostly where the consumer stands, sometimes earlier. */
  async #from(consumer: Consumer, partition: number, known: Position | undefined): Promise<Position | undefined> {
    const { store, chance } = this.#options;
    const standing = known ?? (await consumer.checkpoint(partition))?.position;
    if (standing === undefined || !chance.oneIn(7)) return standing;
    this.counts.replays++;
    const before = (await store.readAll({ limit: 100_000 })).filter(({ position }) => position <= standing);
    return before[before.length - chance.between(1, 120)]?.position;
  }

  /** Another process is given a partition. The one that had it may be told later: until then both are at work on it. */
  async #move(): Promise<void> {
    const { chance } = this.#options;
    this.counts.moves++;
    const role = chance.pick<Role>(['projecting', 'recording']);
    const partition = chance.pick([...this.#partitions()]);
    const to = chance.pick(this.#processes);
    for (const process of this.#processes) {
      const had = process.partitions[role].has(partition);
      if (process === to) process.partitions[role].add(partition);
      else if (had && !chance.oneIn(3)) process.partitions[role].delete(partition);
      else continue;
      for (const own of process.standing.keys()) if (own.startsWith(role)) process.standing.delete(own);
      await (await this.#open(process))[role].reassigned?.();
    }
  }

  /** Nobody is slow to notice any more: each partition is one process's. */
  async #tellAll(): Promise<void> {
    for (const role of ['projecting', 'recording'] as const) {
      const taken = new Set<number>();
      for (const process of this.#processes) {
        const own = process.partitions[role];
        for (const partition of own) if (taken.has(partition)) own.delete(partition);
        for (const partition of own) taken.add(partition);
        await (await this.#open(process))[role].reassigned?.();
      }
    }
  }

  #partitions(): Iterable<number> {
    return Array(this.#options.processes === 1 ? 1 : 5).keys();
  }

  #isOf(partition: number): (event: StoredEvent) => boolean {
    const count = [...this.#partitions()].length;
    return ({ customerId }) => customerId === null || partitionOf(customerId, count) === partition;
  }

  #disordered(events: readonly StoredEvent[]): readonly StoredEvent[] {
    if (!this.#options.reorders) return events;
    const perKey = [...Map.groupBy(events, ({ customerId, stream }) => customerId ?? stream).values()];
    const turns = this.#options.chance.shuffled(perKey.flatMap((own, key) => own.map(() => key)));
    return turns.map((key) => perKey[key]?.shift() as StoredEvent);
  }

  async #open(process: Process): Promise<Consumers> {
    const { store, readStore, now } = this.#options;
    const collections = collectionsOf(definitions);
    this.#views ??= await readStore.open(`build-${this.#builds}`, collections);
    const state = await readStore.open('state', stateCollections);
    const context = {
      store: this.#cutting(store),
      views: this.#cutting(this.#views),
      calendar: calendarOf('UTC'),
      now: () => now,
    };
    // Room for few, so that folds come, rest as text, and go.
    const { projecting, recording } = process.partitions;
    const count = [...this.#partitions()].length;
    process.consumers ??= await createConsumers({
      services: definitions,
      context,
      state: this.#cutting(state),
      memory: { maxFacts: 12, maxTextLength: 30_000 },
      follows: (id) => projecting.has(partitionOf(id, count)) || recording.has(partitionOf(id, count)),
    });
    return process.consumers;
  }

  #restart(process: Process): void {
    this.counts.restarts++;
    forget(process);
  }

  /** The views are lost, or of another version: they begin from nothing, the recorders do not. */
  #rebuild(): void {
    this.counts.rebuilds++;
    for (const process of this.#processes) forget(process);
    this.#views = undefined;
    this.#builds++;
  }

  #cutting<T extends EventStore | ViewSet>(target: T): T {
    return new Proxy(target, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        if (name !== 'append' && name !== 'write') return value.bind(of);
        return async (...args: unknown[]) => {
          const cut = this.#cut;
          if (cut === undefined || cut.call !== name) return value.apply(of, args);
          this.#cut = undefined;
          this.counts.cuts++;
          if (cut.when === 'after') await value.apply(of, args);
          throw cut.call === 'append' ? new StoreUnavailableError('cut off') : new Cut('cut off');
        };
      },
    });
  }
}

function forget(process: Process): void {
  process.consumers = undefined;
  process.standing.clear();
}

/** Which of so many partitions a customer's events are in. */
function partitionOf(customerId: string, count: number): number {
  return Number.parseInt(customerId.slice(0, 8), 16) % count;
}

const everything = { partition: 0, filter: (): boolean => true };

/** In order, in large pages. Returns how many events there were. */
export async function deliverRest(
  store: EventStore,
  consumer: Consumer,
  { partition, filter }: { readonly partition: number; readonly filter: (event: StoredEvent) => boolean } = everything,
): Promise<number> {
  let count = 0;
  for (;;) {
    const from = (await consumer.checkpoint(partition))?.position;
    const read = await store.readAll({ ...(from === undefined ? {} : { after: from }), limit: 1_000 });
    const last = read.at(-1);
    if (last === undefined) return count;
    count += read.length;
    const checkpoint = { ...store.identity, position: last.position, eventId: last.id };
    await consumer.handle({ partition, events: read.filter(filter), checkpoint });
  }
}
