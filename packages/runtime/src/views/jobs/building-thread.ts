import { parentPort, workerData } from 'node:worker_threads';
import { calendarOf } from '@tenure/domain';
import type { Subscription } from '@tenure/event-bus';
import { createEmbeddedEventBus } from '@tenure/event-bus/embedded';
import { type Position, shareOfLog } from '@tenure/event-store';
import { openClock } from '../../clock.ts';
import { kafkaParts } from '../../engines/bus-access.ts';
import { connectLog } from '../../engines/log-access.ts';
import { openReadStore } from '../../engines/read-store-access.ts';
import { untilAvailable } from '../../engines/until-available.ts';
import { policyEvents, readPolicies } from '../../policies.ts';
import { createFold } from '../consumers.ts';
import { loadServices } from '../load-services.ts';
import { createParkingLot, listParked, parkedCollection } from '../parking.ts';
import { createProjectingConsumer, projectingConsumer } from '../projecting.ts';
import { messageOf } from '../reports.ts';
import { checkpointsOf, lowestCheckpoint } from '../stored-checkpoint.ts';
import { collectionsOf } from '../view-version.ts';
import { yieldToWrites } from '../yield-to-writes.ts';
import type { BuilderMessage, BuilderOptions, BuilderRequest } from './builder-protocol.ts';
import { Comparison } from './comparison.ts';
import { applyCustomer } from './customers-alone.ts';
import type { VerificationScope } from './job.ts';
import { sampledCustomers } from './sampled-customers.ts';
import { notingWrites } from './written-documents.ts';

/** The thread that builds a version of the views from the log beside the one that is served, and compares the two. */
const options = workerData as BuilderOptions;
const port = parentPort;
if (port === null) throw new Error('what builds views is a worker thread');
const say = (message: BuilderMessage): void => port.postMessage(message);

const progressMs = 250;
const endless = new AbortController().signal;
const noneWritten = new Map<string, Set<string>>();
/** Of customers one by one nobody is remembered: each is folded from what the log has. */
const noMemory = { maxFacts: 1, maxTextLength: 1 };
/** Customers whose documents are made and compared before those of the next. */
const customersAtOnce = 50;

yieldToWrites();
const opened = new AsyncDisposableStack();
const calls = new Map<number, { resolve: (isWritten: boolean) => void; reject: (error: Error) => void }>();
const finishing = Promise.withResolvers<void>();
let calling = 0;
let events = 0;
let position: Position | null = null;

port.on('message', (request: BuilderRequest) => {
  if (request.kind === 'finish') return finishing.resolve();
  const call = calls.get(request.call);
  calls.delete(request.call);
  if (request.failure !== null) call?.reject(new Error(request.failure));
  else call?.resolve(request.kind === 'reached' || request.isWritten);
});

try {
  await build();
  say({ kind: 'finished' });
} catch (error) {
  say({ kind: 'failure', message: messageOf(error) });
} finally {
  await opened.disposeAsync().catch((error: unknown) => say({ kind: 'failure', message: messageOf(error) }));
  port.close();
}

async function build(): Promise<void> {
  const { engines, views: access, folder, version, scope, served } = options;
  const clock = openClock(options.clock);
  const { store, keys } = await connectLog(options.log, { now: clock.now, onIndexFault: () => undefined });
  opened.defer(() => store.close());
  const services = await loadServices(options.modules);
  const projections = services.flatMap((service) => service.projections ?? []);
  const collections = collectionsOf(services);
  const declared = [...collections, parkedCollection];
  const own = folder === 'own' ? access : { ...access, engine: { kind: 'sqlite' as const }, directory: folder.scratch };
  const readStore = await openReadStore(own, 'writer');
  opened.defer(() => readStore.close());
  const built = await untilAvailable(() => readStore.open(version, declared));
  const isWhole = scope === null || (scope.sample === null && scope.customers === null);
  // Of a whole version nobody asks which documents it has.
  const { views, written } = isWhole ? { views: built, written: noneWritten } : notingWrites(built);

  const context = { store, views, calendar: calendarOf(options.zone), now: clock.now };
  const memory = isWhole ? options.memory : noMemory;
  const partitions = await partitionCount();
  const begun = await lowestCheckpoint(views, projectingConsumer, partitions);
  // Of customers one by one no history begins here: each is read from the log.
  const givenUpTo = isWhole ? (begun?.position ?? '') : ((await store.head()) ?? '');
  const { customers, onPolicy } = await createFold({
    context,
    projections,
    memory,
    follows: () => true,
    givenUpTo: async () => givenUpTo,
  });
  const consumer = createProjectingConsumer({ projections, customers, context, maxGuards: undefined, onPolicy });
  const note = (at: Position | null, more: number): void => {
    if (at !== null && at > (position ?? '')) position = at;
    events += more;
  };
  const timer = setInterval(() => void sayProgress(), progressMs);
  opened.defer(() => clearInterval(timer));

  const head = await store.head();
  const parkingLot = createParkingLot({ views, state: views }, () => undefined);
  let subscription: Subscription | undefined;
  if (isWhole) {
    const bus = createEmbeddedEventBus({ store, parkingLot, now: clock.now, pageSize: options.pageSize, gatherMs: 20 });
    opened.defer(() => bus.close());
    subscription = await bus.subscribe({
      ...consumer,
      checkpoint: () => lowestCheckpoint(views, projectingConsumer, partitions),
      handle: async (delivery) => {
        await consumer.handle(delivery);
        note(delivery.checkpoint.position, delivery.events.length);
      },
    });
    if (head !== null) await subscription.reached(head, endless);
  }
  await sayProgress();
  if (served !== null) await compare(served);
  say({ kind: 'ready' });
  await finishing.promise;
  if (subscription === undefined) return;
  await subscription.stop();
  const stands = await store.checkpointAt(subscription.position);
  if (stands === undefined) return;
  // Whoever goes on with it may read the log by partitions: in each it stands where it stood here.
  for (let partition = 0; partition < partitions; partition++) {
    const checkpoints = checkpointsOf(projectingConsumer, { partition, events: [], checkpoint: stands });
    await views.write({ replaces: [], checkpoints });
  }

  async function compare(name: string): Promise<void> {
    say({ kind: 'comparing' });
    const reader = await openReadStore(access, 'reader');
    opened.defer(() => reader.close());
    const against = await reader.open(name, declared);
    let ids: readonly string[] = [];
    let applied: Position = '';
    const applyAll = async (at: Position): Promise<void> => {
      if (at <= applied) return;
      applied = (await store.head()) ?? '';
      for (const id of ids) note(null, await applyCustomer(store, id, consumer));
    };
    const comparison = new Comparison({
      store,
      projections,
      policies: await readPolicies(store),
      policiesAt: Math.max(0, ...(await policyEvents(store)).map(({ recordedAt }) => recordedAt)),
      calendar: context.calendar,
      now: clock.now,
      served: against,
      expected: views,
      servedReached: async (at) => {
        await ask((call) => say({ kind: 'reach', call, position: at }));
      },
      expectedReached: async (at) => {
        if (subscription === undefined) await applyAll(at);
        else await subscription.reached(at, endless);
      },
      parkedKeys: async () => {
        const parks = [...(await listParked({ views: against, state: against })), ...(await parkingLot.list())];
        return new Set(parks.map(({ key }) => key));
      },
      ...(scope?.heal === true ? { heal: (replaces) => ask((call) => say({ kind: 'write', call, replaces })) } : {}),
    });
    const tell = (): void => say({ kind: 'compared', comparison: comparison.result });
    if (isWhole) {
      for (const { name: collection } of collections) await comparison.collection(collection, tell);
    } else {
      const all = await customersIn(scope);
      for (let start = 0; start < all.length; start += customersAtOnce) {
        ids = all.slice(start, start + customersAtOnce);
        written.clear();
        applied = '';
        await applyAll(head ?? '');
        for (const [collection, own] of written) await comparison.documents(collection, [...own]);
        tell();
      }
    }
    tell();
  }

  async function customersIn({ sample, customers: named }: VerificationScope): Promise<readonly string[]> {
    return named ?? (await sampledCustomers(store, sample ?? 0, Math.random, note));
  }

  async function partitionCount(): Promise<number> {
    if (folder !== 'own' || engines.eventBus.kind !== 'kafka' || keys === undefined) return 1;
    return (await kafkaParts(engines.eventBus, () => undefined)).topics.partitions;
  }

  async function sayProgress(): Promise<void> {
    const failing = subscription?.failure?.message ?? null;
    say({ kind: 'progress', position, share: shareOfLog(position, await store.head()), events, failing });
  }
}

function ask(send: (call: number) => void): Promise<boolean> {
  const call = ++calling;
  return new Promise((resolve, reject) => {
    calls.set(call, { resolve, reject });
    send(call);
  });
}
