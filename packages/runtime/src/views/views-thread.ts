import { parentPort, workerData } from 'node:worker_threads';
import { calendarOf } from '@tenure/domain';
import { type Consumer, type EventBus, PoisonError, type Subscription } from '@tenure/event-bus';
import type { ReadStore, ViewSet } from '@tenure/read-store';
import { openClock } from '../clock.ts';
import { openBus } from '../engines/bus-access.ts';
import { connectLog } from '../engines/log-access.ts';
import { openReadStore } from '../engines/read-store-access.ts';
import { untilAvailable } from '../engines/until-available.ts';
import { policyEvents } from '../policies.ts';
import { stopTracing } from '../telemetry/otel.ts';
import { inSpans } from '../telemetry/tracing.ts';
import { createConsumers, stateCollections } from './consumers.ts';
import { createParkingLot, listParked } from './parking.ts';
import { projectingConsumer } from './projecting.ts';
import type { ViewsMessage, ViewsRequest, ViewsThreadOptions } from './protocol.ts';
import { recordingConsumer } from './recording-consumer.ts';
import { Scheduler } from './scheduler.ts';
import { storedCheckpoint } from './stored-checkpoint.ts';
import type { ServiceViews } from './types.ts';
import { collectionsOf, stateVersion, viewVersion } from './view-version.ts';
import { yieldToWrites } from './yield-to-writes.ts';

interface Said {
  readonly position: string | null;
  /** Since when it does not move, of a steady clock. */
  readonly failingSince: number | undefined;
  /** Why, once it has lasted. */
  readonly message: string | undefined;
}

/** The thread that writes the views: consumers, recorders and timers of all services of the process. */
const options = workerData as ViewsThreadOptions;
const port = parentPort;
if (port === null) throw new Error('the views are a worker thread');
const say = (message: ViewsMessage): void => port.postMessage(message);

const { engines, pageSize } = options;
/** Other processes work on the same views, and what they do is not told to this one. */
const isShared = engines.eventBus.kind !== 'embedded';

/** What was said last of where the consumers stand. */
const said = new Map<string, Said>();
const passingFailureMs = 3_000;

yieldToWrites();
const clock = openClock(options.clock);
const { store, keys } = await connectLog(options.log, {
  now: clock.now,
  onIndexFault: (fault) =>
    say({ kind: 'note', level: 'warn', message: 'the index by customer is read around', details: fault }),
});
const readStore = await openReadStore(options.views, 'writer');
const services = await loadServices(options.modules);
const { views, version, isFresh } = await untilAvailable(() => openViews(readStore));
const state = await untilAvailable(() => readStore.open(stateVersion(store.identity), stateCollections));

const context = { store, views, calendar: calendarOf(options.zone), now: clock.now };
const parkingLot = createParkingLot(state, () => void sayParked());
if (isFresh) await forgetParks();
const { owner } = options.views;
const openBusFor = (group: string): Promise<EventBus> =>
  openBus({ engine: engines.eventBus, store, keys, parkingLot, now: clock.now, pageSize, group, log: sayOfKafka });
// Those who build the same views share that work; whoever records goes on from one version of the views to the next.
const bus = await openBusFor(`${owner}.${version}`);
const recordingBus = isShared ? await openBusFor(owner) : bus;
const follows = (key: string): boolean => bus.follows(key) && recordingBus.follows(key);
const recordsFor = recordingBus.follows;
const consumers = await createConsumers({ services, context, state, memory: options.memory, follows, recordsFor });
await sayParked();
const projecting = await untilAvailable(() => bus.subscribe(reporting(consumers.projecting)));
const recordings = await untilAvailable(() => recordingBus.subscribe(reporting(consumers.recording)));
// Until the next event comes nothing else would tell where they stand.
saySubscriptions();
const watchMs = 50;
const parksWatchMs = 2_000;
const watches = isShared
  ? [setInterval(saySubscriptions, watchMs), setInterval(() => void sayParked(), parksWatchMs)]
  : [];

const onFailure = (timer: string, id: string, error: unknown): void =>
  say({ kind: 'failure', what: `timer ${timer} ${id}`.trimEnd(), message: messageOf(error) });
const scheduler = new Scheduler({
  timers: consumers.timers,
  context,
  projecting,
  recording: recordings,
  onFailure,
  everyMs: options.timerMs,
});

port.on('message', (request: ViewsRequest) => {
  if (request.kind === 'close') void close();
  else void release(request);
});
if (isFresh) await buildAndSwitch();
say({ kind: 'ready', version });
scheduler.start();

async function loadServices(modules: readonly string[]): Promise<readonly ServiceViews[]> {
  return Promise.all(
    modules.map(async (module) => {
      const { views: found } = (await import(module)) as { views?: ServiceViews };
      if (found === undefined) throw new Error(`${module} does not export views`);
      return found;
    }),
  );
}

/** The views to go on with. Those of other code or policies, another log or epoch are not served: they are built anew. */
async function openViews(from: ReadStore): Promise<{ views: ViewSet; version: string; isFresh: boolean }> {
  const collections = collectionsOf(services);
  const policies = (await policyEvents(store)).map(({ id }) => id);
  const wanted = viewVersion(collections, store.identity, { zone: options.zone, policies });
  const current = await from.current();
  const isCurrent = current?.startsWith(wanted) === true;
  if (current !== undefined && isCurrent && !options.rebuild) {
    const opened = await from.open(current, collections);
    const checkpoint = await storedCheckpoint(opened, projectingConsumer, 0);
    if (checkpoint === undefined || (await store.recognises(checkpoint))) {
      return { views: opened, version: current, isFresh: false };
    }
    await opened.close();
  }
  const fresh = current !== undefined && isCurrent ? nextBuild(current, wanted) : wanted;
  // What an earlier build left half-way may be another process's work; alone, it begins again.
  if (!isShared && (await from.versions()).includes(fresh)) await from.drop(fresh);
  return { views: await from.open(fresh, collections), version: fresh, isFresh: true };
}

/** What could not be applied is tried again by the code that builds the views anew. */
async function forgetParks(): Promise<void> {
  for (const { id, consumer } of await parkingLot.list()) {
    if (consumer === projectingConsumer) await parkingLot.release(id);
  }
}

function nextBuild(current: string, wanted: string): string {
  const build = Number(current.slice(wanted.length).replace(/^-b/, '')) || 1;
  return `${wanted}-b${build + 1}`;
}

/** Nobody reads the new version before it has all of the log; then all do, in one step. */
async function buildAndSwitch(): Promise<void> {
  const head = await store.head();
  if (head !== null) {
    say({ kind: 'building', version });
    await projecting.reached(head, new AbortController().signal);
  }
  const old = await readStore.current();
  await readStore.switchTo(version);
  // Processes that run the code before may still serve it.
  if (!isShared && old !== undefined && old !== version) await readStore.drop(old);
}

function reporting(consumer: Consumer): Consumer {
  return {
    ...consumer,
    handle: async (delivery) => {
      try {
        const traces = delivery.events.map(({ metadata }) => metadata.traceparent);
        await inSpans(`consume ${consumer.name}`, {}, traces, () => consumer.handle(delivery));
      } catch (error) {
        // The bus sets that aside and goes on.
        if (!(error instanceof PoisonError)) say({ kind: 'failure', what: consumer.name, message: messageOf(error) });
        throw error;
      }
      if (!isShared) say({ kind: 'position', consumer: consumer.name, position: delivery.checkpoint.position });
    },
  };
}

function saySubscriptions(): void {
  saySubscription(projectingConsumer, projecting);
  saySubscription(recordingConsumer, recordings);
}

/** What is said of a consumer is what was not said of it last. A failure that passes at once is not worth a word. */
function saySubscription(consumer: string, { position, failure }: Subscription): void {
  const before = said.get(consumer);
  const failingSince = failure === undefined ? undefined : (before?.failingSince ?? performance.now());
  const lasts = failingSince !== undefined && performance.now() - failingSince > passingFailureMs;
  const message = lasts ? failure?.message : undefined;
  if (message !== undefined && message !== before?.message) say({ kind: 'failure', what: consumer, message });
  const isMended = message === undefined && before?.message !== undefined;
  if (position !== null && (position !== before?.position || isMended)) say({ kind: 'position', consumer, position });
  said.set(consumer, { position, failingSince, message });
}

/** What the client of Kafka has to say: it mends most of that by itself. */
function sayOfKafka(level: string, message: string, details: Readonly<Record<string, unknown>>): void {
  if (level === 'error' || level === 'warn') say({ kind: 'note', level, message, details: JSON.stringify(details) });
}

/** Later calls do not wait for one another: what is parked changes rarely. */
async function sayParked(): Promise<void> {
  try {
    say({ kind: 'parked', parks: await listParked(state) });
  } catch (error) {
    say({ kind: 'failure', what: 'parked', message: messageOf(error) });
  }
}

async function release({ kind, call, parkId }: Extract<ViewsRequest, { parkId: string }>): Promise<void> {
  const parked = (await listParked(state)).find(({ id }) => id === parkId);
  const subscription = parked?.consumer === projectingConsumer ? projecting : recordings;
  try {
    const outcome = parked === undefined ? 'unknown' : await subscription[kind](parkId);
    // First what is still parked: whoever hears of the release may ask for the customer at once.
    await sayParked();
    say({ kind: 'released', call, outcome });
  } catch (error) {
    say({ kind: 'failure', what: `${kind} ${parkId}`, message: messageOf(error) });
    say({ kind: 'released', call, outcome: 'parked-again' });
  }
}

async function close(): Promise<void> {
  for (const watch of watches) clearInterval(watch);
  await scheduler.stop();
  await bus.close();
  if (recordingBus !== bus) await recordingBus.close();
  await views.close();
  await state.close();
  await readStore.close();
  await store.close();
  await stopTracing().catch((error: unknown) => say({ kind: 'failure', what: 'tracing', message: messageOf(error) }));
  port?.close();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
