import type { EventStore } from '@tenure/event-store';
import type { Consumer, EventBus, ParkingLot, Subscription } from '../port.ts';
import { EmbeddedSubscription } from './embedded-subscription.ts';
import { PageCache } from './page-cache.ts';

export interface EmbeddedEventBusOptions {
  readonly store: EventStore;
  readonly parkingLot: ParkingLot;
  /** ms since 1970 UTC; for the rows of what is parked. */
  readonly now: () => number;
  /** Events a delivery holds at most. */
  readonly pageSize?: number;
  /** First pause after a failure; doubles up to a hundred times that. */
  readonly retryMs?: number;
  /** Pause after a delivery that reached the end of the log, for the next to hold more. The first is never held up. */
  readonly gatherMs?: number;
}

/** A bus within one process: every consumer follows the log itself, in commit order, which is the order of every key. */
export function createEmbeddedEventBus(options: EmbeddedEventBusOptions): EventBus {
  const { store, parkingLot, now, pageSize = 1000, retryMs = 50, gatherMs = 0 } = options;
  const pages = new PageCache(store, pageSize);
  const subscriptions = new Set<EmbeddedSubscription>();
  return {
    follows: () => true,
    subscribe: async (consumer: Consumer): Promise<Subscription> => {
      const parks = (await parkingLot.list()).filter((park) => park.consumer === consumer.name);
      const subscription = new EmbeddedSubscription({
        store,
        parkingLot,
        now,
        pages,
        consumer,
        parks,
        retryMs,
        gatherMs,
      });
      subscriptions.add(subscription);
      await subscription.start();
      return subscription;
    },
    close: async () => {
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
    },
  };
}
