import type { EventBus, ParkingLot } from '@tenure/event-bus';
import { createEmbeddedEventBus } from '@tenure/event-bus/embedded';
import type { KafkaConnection, Topics } from '@tenure/event-bus/kafka';
import type { EventStore } from '@tenure/event-store';
import type { SharedKeyStore } from '@tenure/key-store';
import type { EventBusEngine } from './engines.ts';

interface BusOptions {
  readonly engine: EventBusEngine;
  readonly store: EventStore;
  /** For a bus that carries personal data as it is sealed. */
  readonly keys: SharedKeyStore | undefined;
  readonly parkingLot: ParkingLot;
  /** ms since 1970 UTC. */
  readonly now: () => number;
  /** Events a delivery holds at most. */
  readonly pageSize: number;
  /** Processes that name the same group share the work. */
  readonly group: string;
  readonly log: KafkaConnection['log'];
}

/** Under load fifty deliveries a second hold what hundreds would, for a fraction of the work. */
const gatherMs = 20;

/** Opens the bus that brings events to this process. Drivers that are not needed are not loaded. */
export async function openBus({ engine, group, log, ...parts }: BusOptions): Promise<EventBus> {
  const { store, keys, parkingLot, now, pageSize } = parts;
  if (engine.kind === 'embedded') return createEmbeddedEventBus({ store, parkingLot, now, pageSize, gatherMs });
  if (keys === undefined) throw new TypeError('a bus between processes needs the keys of personal data');
  const { createKafkaEventBus } = await import('@tenure/event-bus/kafka');
  const { connection, topics } = await kafkaParts(engine, log);
  const own = `${topics.prefix}.${group}`;
  return createKafkaEventBus({ connection, topics, group: own, store, keys, parkingLot, now, pageSize });
}

/** How Kafka is reached, and which topics there are. */
export async function kafkaParts(
  { brokers, ssl, sasl, topics: settings }: Extract<EventBusEngine, { kind: 'kafka' }>,
  log: KafkaConnection['log'],
): Promise<{ connection: KafkaConnection; topics: Topics }> {
  const { declareTopics } = await import('@tenure/event-bus/kafka');
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return {
    connection: {
      brokers,
      ...(ssl ? { ssl: true } : {}),
      ...(sasl === undefined ? {} : { sasl: { mechanism: 'scram-sha-512', ...sasl } }),
      log,
    },
    topics: declareTopics(Object.fromEntries(given)),
  };
}
