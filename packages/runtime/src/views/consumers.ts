import type { Consumer } from '@tenure/event-bus';
import type { Position } from '@tenure/event-store';
import type { CollectionDefinition, ViewSet } from '@tenure/read-store';
import { policyEvents } from '../policies.ts';
import { CustomerCache, type CustomerCacheOptions } from './customer-cache.ts';
import { holdCollections, ImportHolds } from './import-holds.ts';
import { jobCollections } from './jobs/job.ts';
import { servingCollection } from './jobs/serving-processes.ts';
import type { CustomerMemory } from './known-customers.ts';
import { parkedTimersCollection } from './parked-timers.ts';
import { parkedCollection } from './parking.ts';
import { PolicyMoments } from './policy-moments.ts';
import { createProjectingConsumer, projectingConsumer } from './projecting.ts';
import type { RecordedEvent } from './recorded-event.ts';
import { recorderTimers } from './recorder-timers.ts';
import { Recording } from './recording.ts';
import { createRecordingConsumer, recordingConsumer } from './recording-consumer.ts';
import { storedCheckpoint } from './stored-checkpoint.ts';
import type { Projection, ServiceViews, Timer, ViewsContext } from './types.ts';

/** Of the view set that outlives the versions of the views. */
export const stateCollections: readonly CollectionDefinition[] = [
  parkedCollection,
  parkedTimersCollection,
  ...holdCollections,
  ...jobCollections,
  servingCollection,
];

export interface ConsumersOptions {
  readonly services: readonly ServiceViews[];
  readonly context: ViewsContext;
  /** Where holds and the recorders' checkpoint are kept. */
  readonly state: ViewSet;
  readonly memory: CustomerMemory;
  /** Of so many documents of each collection it is remembered what they were folded from; 100,000 unless given. */
  readonly maxGuards?: number;
  /** Whether all events of a customer with this id are delivered to this process. */
  readonly follows: (id: string) => boolean;
}

/** What a process makes of the log, ready to be given deliveries. */
export interface Consumers {
  readonly projecting: Consumer;
  readonly recording: Consumer;
  /** Of the services, and of their recorders. */
  readonly timers: readonly Timer[];
}

/** Puts the consumers of some services together, over one memory of customers and policies. */
export async function createConsumers({
  services,
  context,
  state,
  memory,
  maxGuards,
  follows,
}: ConsumersOptions): Promise<Consumers> {
  const { store, now } = context;
  const projections = services.flatMap((service) => service.projections ?? []);
  const givenUpTo = (partition: number): Promise<Position> => furthestCheckpoint(context.views, state, partition);
  const { customers, onPolicy } = await createFold({ context, projections, memory, follows, givenUpTo });
  const recorders = services.flatMap((service) => service.recorders ?? []);
  const recording = new Recording({ store, customers, recorders, now });
  const holds = await ImportHolds.load(state);
  return {
    projecting: createProjectingConsumer({ projections, customers, context, maxGuards, onPolicy }),
    recording: createRecordingConsumer({ state, customers, recording, holds, maxGuards, onPolicy }),
    timers: [
      ...services.flatMap((service) => service.timers ?? []),
      ...recorderTimers({ recorders, recording, holds }),
    ],
  };
}

/** The customers as all policies that are published show them, those to come included. */
export async function createFold({
  context: { store, calendar },
  projections,
  ...options
}: Pick<ConsumersOptions, 'context' | 'memory' | 'follows'> &
  Pick<CustomerCacheOptions, 'givenUpTo'> & { readonly projections: readonly Projection[] }): Promise<{
  readonly customers: CustomerCache;
  /** To be called with every policy that becomes known. */
  readonly onPolicy: (event: RecordedEvent) => void;
}> {
  const policies = new PolicyMoments();
  // All of them, wherever the consumers stand: each is in force from its own date on, and the recorders may be further
  // than views that are built anew.
  const published = [...(await policyEvents(store))].sort((left, right) => (left.position < right.position ? -1 : 1));
  for (const event of published) policies.add(event);
  const tellsStandings = projections.some((projection) => projection.keepsStandingsIn !== undefined);
  const customers = new CustomerCache({
    store,
    calendar,
    policies: () => policies.current,
    ...(tellsStandings ? { policyMoments: policies.moments } : {}),
    ...options,
  });
  const onPolicy = (event: RecordedEvent): void => {
    if (policies.add(event)) customers.clear();
  };
  return { customers, onPolicy };
}

async function furthestCheckpoint(views: ViewSet, state: ViewSet, partition: number): Promise<Position> {
  const checkpoints = [
    await storedCheckpoint(views, projectingConsumer, partition),
    await storedCheckpoint(state, recordingConsumer, partition),
  ];
  return (
    checkpoints
      .map((checkpoint) => checkpoint?.position ?? '')
      .sort()
      .at(-1) ?? ''
  );
}
