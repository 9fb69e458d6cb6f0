import { parentPort, workerData } from 'node:worker_threads';
import { calendarOf } from '@tenure/domain';
import { type Consumer, PoisonError, type Subscription } from '@tenure/event-bus';
import { createEmbeddedEventBus } from '@tenure/event-bus/embedded';
import { connectSqliteEventStore } from '@tenure/event-store/sqlite';
import type { ReadStore, ViewSet } from '@tenure/read-store';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';
import { openClock } from '../clock.ts';
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

/** The thread that writes the views: consumers, recorders and timers of all services of the process. */
const options = workerData as ViewsThreadOptions;
const port = parentPort;
if (port === null) throw new Error('the views are a worker thread');
const say = (message: ViewsMessage): void => port.postMessage(message);

yieldToWrites();
const clock = openClock(options.clock);
const store = connectSqliteEventStore(options.connection, { now: clock.now, cacheMebibytes: 16 });
const readStore = openSqliteReadStore({ directory: options.directory, role: 'writer' });
const services = await loadServices(options.modules);
const { views, version, isFresh } = await openViews(readStore);
const state = await readStore.open(stateVersion(store.identity), stateCollections);

const context = { store, views, calendar: calendarOf(options.zone), now: clock.now };
const consumers = await createConsumers({ services, context, state, memory: options.memory, follows: () => true });
const parkingLot = createParkingLot(state, () => void sayParked());
if (isFresh) await forgetParks();
/** Under load fifty deliveries a second hold what hundreds would, for a fraction of the work. */
const gatherMs = 20;
const bus = createEmbeddedEventBus({ store, parkingLot, now: clock.now, pageSize: options.pageSize, gatherMs });
await sayParked();
const projecting = await bus.subscribe(reporting(consumers.projecting));
const recordings = await bus.subscribe(reporting(consumers.recording));
// Until the next event comes nothing else would tell where they stand.
sayPosition(projectingConsumer, projecting);
sayPosition(recordingConsumer, recordings);

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
  // What an earlier build left half-way is no use: the folds it was made of are gone.
  if ((await from.versions()).includes(fresh)) await from.drop(fresh);
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
  if (old !== undefined && old !== version) await readStore.drop(old);
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
      say({ kind: 'position', consumer: consumer.name, position: delivery.checkpoint.position });
    },
  };
}

function sayPosition(consumer: string, { position }: Subscription): void {
  if (position !== null) say({ kind: 'position', consumer, position });
}

async function sayParked(): Promise<void> {
  say({ kind: 'parked', parks: await listParked(state) });
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
  await scheduler.stop();
  await bus.close();
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
