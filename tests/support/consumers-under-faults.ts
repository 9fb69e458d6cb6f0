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
}

/**
 * The consumers of the views and a bus that treats them badly: it splits as it likes, delivers again, begins again from
 * earlier, and cuts them off before, between and after what they write. Each key's events come in order.
 */
export class ConsumersUnderFaults {
  readonly #options: Options;
  /** Where and when the next call fails: before it did anything, or after. */
  #cut: { readonly call: 'append' | 'write'; readonly when: 'before' | 'after' } | undefined;
  #consumers: Consumers | undefined;
  #views: ViewSet | undefined;
  #builds = 0;
  readonly counts = { deliveries: 0, cuts: 0, restarts: 0, replays: 0, rebuilds: 0 };

  constructor(options: Options) {
    this.#options = options;
  }

  get views(): ViewSet {
    if (this.#views === undefined) throw new Error('nothing has been delivered yet');
    return this.#views;
  }

  /** So many deliveries with faults. */
  async disturb(deliveries: number): Promise<void> {
    const { chance } = this.#options;
    for (let left = deliveries; left > 0; left--) {
      if (chance.oneIn(12)) await this.#restart();
      if (chance.oneIn(60)) await this.#rebuild();
      const { projecting, recording } = await this.#open();
      if (chance.oneIn(6)) {
        this.#cut = { call: chance.pick(['append', 'write', 'write']), when: chance.pick(['before', 'after']) };
      }
      const who = chance.pick([[projecting], [recording], [projecting, recording]]);
      await Promise.all(who.map((consumer) => this.#deliver(consumer)));
    }
  }

  /** Delivers what there is, and what follows from it, until nothing more does. */
  async settle(): Promise<void> {
    this.#cut = undefined;
    const { projecting, recording } = await this.#open();
    for (;;) {
      const delivered = await Promise.all([
        deliverRest(this.#options.store, projecting),
        deliverRest(this.#options.store, recording),
      ]);
      if (delivered.every((count) => count === 0)) return;
    }
  }

  async #deliver(consumer: Consumer): Promise<void> {
    const { store, chance } = this.#options;
    const from = await this.#from(consumer);
    const page = await store.readAll({ ...(from === undefined ? {} : { after: from }), limit: chance.between(1, 80) });
    const last = page.at(-1);
    if (last === undefined) return;
    const events = this.#disordered(page.flatMap((event) => (chance.oneIn(9) ? [event, event] : [event])));
    this.counts.deliveries++;
    try {
      await consumer.handle({
        partition: 0,
        events,
        checkpoint: { ...store.identity, position: last.position, eventId: last.id },
      });
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) && !(error instanceof Cut)) throw error;
      // Whoever was cut off goes on, or is another who knows nothing.
      if (chance.oneIn(2)) await this.#restart();
    }
  }

  /** Where the next delivery begins: mostly where the consumer stands, sometimes earlier. */
  async #from(consumer: Consumer): Promise<Position | undefined> {
    const { store, chance } = this.#options;
    const standing = (await consumer.checkpoint(0))?.position;
    if (standing === undefined || !chance.oneIn(7)) return standing;
    this.counts.replays++;
    const before = (await store.readAll({ limit: 100_000 })).filter(({ position }) => position <= standing);
    return before[before.length - chance.between(1, 120)]?.position;
  }

  #disordered(events: readonly StoredEvent[]): readonly StoredEvent[] {
    if (!this.#options.reorders) return events;
    const perKey = [...Map.groupBy(events, ({ customerId, stream }) => customerId ?? stream).values()];
    const turns = this.#options.chance.shuffled(perKey.flatMap((own, key) => own.map(() => key)));
    return turns.map((key) => perKey[key]?.shift() as StoredEvent);
  }

  async #open(): Promise<Consumers> {
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
    this.#consumers ??= await createConsumers({
      services: definitions,
      context,
      state: this.#cutting(state),
      memory: { maxFacts: 12, maxTextLength: 30_000 },
    });
    return this.#consumers;
  }

  async #restart(): Promise<void> {
    this.counts.restarts++;
    this.#consumers = undefined;
  }

  /** The views are lost, or of another version: they begin from nothing, the recorders do not. */
  async #rebuild(): Promise<void> {
    this.counts.rebuilds++;
    this.#consumers = undefined;
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

/** In order, in large pages. Returns how many events there were. */
export async function deliverRest(store: EventStore, consumer: Consumer): Promise<number> {
  let count = 0;
  for (;;) {
    const from = (await consumer.checkpoint(0))?.position;
    const events = await store.readAll({ ...(from === undefined ? {} : { after: from }), limit: 1_000 });
    const last = events.at(-1);
    if (last === undefined) return count;
    count += events.length;
    await consumer.handle({
      partition: 0,
      events,
      checkpoint: { ...store.identity, position: last.position, eventId: last.id },
    });
  }
}
