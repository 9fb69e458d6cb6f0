import type { EventBus, ParkingLot } from '@tenure/event-bus';
import { createEmbeddedEventBus } from '@tenure/event-bus/embedded';
import type { EventStore } from '@tenure/event-store';
import type { Engines } from './engines.ts';

interface BusOptions {
  readonly engines: Engines;
  readonly store: EventStore;
  readonly parkingLot: ParkingLot;
  /** ms since 1970 UTC. */
  readonly now: () => number;
  /** Events a delivery holds at most. */
  readonly pageSize: number;
  /** By consumer, the name under which it shares its work with other processes. */
  readonly groups: Readonly<Record<string, string>>;
}

/** Under load fifty deliveries a second hold what hundreds would, for a fraction of the work. */
const gatherMs = 20;

/** Opens the bus that brings events to this process. Drivers that are not needed are not loaded. */
export async function openBus({ engines, store, parkingLot, now, pageSize }: BusOptions): Promise<EventBus> {
  if (engines.eventBus.kind === 'embedded')
    return createEmbeddedEventBus({ store, parkingLot, now, pageSize, gatherMs });
  throw new Error('not yet');
}
