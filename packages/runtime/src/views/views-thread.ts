import { randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { calendarOf } from '@tenure/domain';
import type { Consumer } from '@tenure/event-bus';
import { GuardMismatchError, type ReadStore, type ViewSet } from '@tenure/read-store';
import { openClock } from '../clock.ts';
import { openBus } from '../engines/bus-access.ts';
import { connectLog, type LogAccess } from '../engines/log-access.ts';
import { openReadStore } from '../engines/read-store-access.ts';
import { untilAvailable } from '../engines/until-available.ts';
import { policyEvents } from '../policies.ts';
import { stopTracing } from '../telemetry/otel.ts';
import { stateCollections } from './consumers.ts';
import { JobRows } from './jobs/job.ts';
import { Jobs } from './jobs/jobs.ts';
import { ServingProcesses } from './jobs/serving-processes.ts';
import { codeOf, loadServices } from './load-services.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { ParkedTimers } from './parked-timers.ts';
import { listParked, type Parked, parkedCollection, timerPark } from './parking.ts';
import { projectingConsumer } from './projecting.ts';
import type { ViewsMessage, ViewsRequest, ViewsThreadOptions } from './protocol.ts';
import { recordingConsumer } from './recording-consumer.ts';
import { messageOf, Reports } from './reports.ts';
import { storedCheckpoint } from './stored-checkpoint.ts';
import { VersionAtWork } from './version-at-work.ts';
import { collectionsOf, nextBuild, stateVersion, viewVersion, withoutBuild } from './view-version.ts';
import { yieldToWrites } from './yield-to-writes.ts';

/** The thread that writes the views: consumers, recorders and timers of all services of the process. */
const options = workerData as ViewsThreadOptions;
const port = parentPort;
if (port === null) throw new Error('the views are a worker thread');
const say = (message: ViewsMessage): void => port.postMessage(message);

const { engines, pageSize } = options;
const { owner } = options.views;
/** Other processes work on the same views, and what they do is not told to this one. */
const isShared = engines.eventBus.kind !== 'embedded';

yieldToWrites();
const clock = openClock(options.clock);
const { store, keys } = await connectLog(options.log, {
  now: clock.now,
  onIndexFault: (fault) =>
    say({ kind: 'note', level: 'warn', message: 'the index by customer is read around', details: fault }),
});
const readStore = await openReadStore(options.views, 'writer');
const services = await loadServices(options.modules);
const code = codeOf(options.modules);
const collections = [...collectionsOf(services), parkedCollection];
const first = await untilAvailable(() => openViews(readStore));
const state = await untilAvailable(() => readStore.open(stateVersion(store.identity), stateCollections));
const parkedTimers = await untilAvailable(() => ParkedTimers.load(state));
const reports = new Reports(say);
let hasNewsOfParks = false;
let sayingParked: Promise<void> | undefined;
/** There may be policies that the views do not know of. */
let arePoliciesNews = true;
/** The version whose positions are told: readers have it. */
let heard: string | undefined;
let work = await followVersion(first.views);
heard = work.version;
await work.record();
await sayParked();
// Until the next event comes nothing else would tell where they stand.
saySubscriptions();

const serving = new ServingProcesses(state, randomUUID());
/** Answers that the process owes, by call. */
const asked = new Map<number, (answer: Extract<ViewsRequest, { kind: 'log' | 'heard' }>) => void>();
let asking = 0;
const switching = new OneAtATime();
const jobs = new Jobs({
  rows: new JobRows(state),
  options: {
    engines,
    views: options.views,
    clock: options.clock,
    zone: options.zone,
    modules: options.modules,
    // Folds take most of it; with fewer texts customers would be read from the log again and again.
    memory: { ...options.memory, maxFacts: options.memory.maxFacts / 2 },
    pageSize,
  },
  openLog,
  version: () => work.version,
  wanted: wantedVersion,
  versions: () => readStore.versions(),
  served: {
    reached: (position, signal) => work.projecting.reached(position, signal),
    write: (replaces) =>
      work.views.write({ replaces }).then(
        () => true,
        (error: unknown) => {
          if (error instanceof GuardMismatchError) return false;
          throw error;
        },
      ),
  },
  switchTo: (version) => switching.run(() => switchTo(version, true)),
  drop: dropVersion,
  now: clock.now,
  isShared,
  say,
});

const watchMs = 50;
const othersWatchMs = 3_000;
const policiesWatchMs = 1_000;
/** A rebuild for a policy that failed is tried again after that. */
const policiesAgainMs = 10_000;
let policiesAgainAt = 0;
port.on('message', (request: ViewsRequest) => void hear(request));
if (first.isFresh) await buildAndSwitch();
await untilAvailable(() => jobs.read());
say({ kind: 'ready', version: work.version });
work.startTimers();
await untilAvailable(() => jobs.resume());
const watches = [
  every(policiesWatchMs, watchPolicies),
  ...(isShared ? [setInterval(saySubscriptions, watchMs), every(othersWatchMs, watchOthers)] : []),
];

async function hear(request: ViewsRequest): Promise<void> {
  switch (request.kind) {
    case 'close':
      return close();
    case 'log':
    case 'heard':
      asked.get(request.call)?.(request);
      asked.delete(request.call);
      return;
    case 'job':
      return answerJob(request);
    default:
      return release(request);
  }
}

/** The views to go on with. Those of other code or policies, another log or epoch are not served: they are built anew. */
async function openViews(from: ReadStore): Promise<{ views: ViewSet; isFresh: boolean }> {
  const wanted = await wantedVersion();
  const current = await from.current();
  const isCurrent = current !== undefined && withoutBuild(current) === wanted;
  if (isCurrent && !options.rebuild) {
    const opened = await from.open(current, collections);
    const checkpoint = await storedCheckpoint(opened, projectingConsumer, 0);
    if (checkpoint === undefined || (await store.recognises(checkpoint))) return { views: opened, isFresh: false };
    await opened.close();
  }
  const fresh = isCurrent ? nextBuild(wanted, [...(await from.versions()), current]) : wanted;
  // What an earlier build left half-way may be another process's work; alone, it begins again.
  if (!isShared && (await from.versions()).includes(fresh)) await from.drop(fresh);
  return { views: await from.open(fresh, collections), isFresh: true };
}

/** What views are named by the code of this process and the policies published by now, but for their build. */
async function wantedVersion(): Promise<string> {
  const policies = (await policyEvents(store)).map(({ id }) => id);
  return viewVersion(collections, store.identity, { code, zone: options.zone, policies });
}

function followVersion(views: ViewSet): Promise<VersionAtWork> {
  const context = { store, views, calendar: calendarOf(options.zone), now: clock.now };
  return VersionAtWork.follow({
    services,
    context,
    state,
    memory: options.memory,
    timerMs: options.timerMs,
    isShared,
    openBus: (kind, parkingLot) => {
      const group = kind === 'projecting' ? `${owner}.${views.version}` : owner;
      const { eventBus: engine } = engines;
      return openBus({ engine, store, keys, parkingLot, now: clock.now, pageSize, group, log: sayOfKafka });
    },
    reporting: (consumer) =>
      reports.reporting(
        noticingPolicies(consumer),
        () => !isShared && (consumer.name !== projectingConsumer || heard === views.version),
      ),
    parkedTimers,
    onParked: () => void sayParked(),
    onTimerFailure: (timer, id, error) => {
      const details = JSON.stringify({ timer, id, reason: messageOf(error) });
      if (id === '') reports.failed(`timer ${timer}`, error);
      else say({ kind: 'note', level: 'error', message: 'a timer failed', details });
    },
  });
}

/** Nobody reads the new version before it has all of the log; then all do, in one step. */
async function buildAndSwitch(): Promise<void> {
  const head = await store.head();
  if (head !== null) {
    say({ kind: 'building', version: work.version });
    await work.projecting.reached(head, new AbortController().signal);
  }
  await readStore.switchTo(work.version);
  // Processes that run the code before may still serve it.
  if (isShared) return;
  for (const version of await readStore.versions()) {
    if (version !== work.version && version !== state.version) await readStore.drop(version);
  }
}

/**
 * Goes over to another version, which may lack a little: both follow the log until the new one has what readers were told
 * the old one has. Then readers are switched, and only then are they told of later positions.
 * @param isDecided by this process: else the pointer says so already
 */
async function switchTo(version: string, isDecided: boolean): Promise<void> {
  const old = work;
  const next = await followVersion(await readStore.open(version, collections));
  try {
    const signal = new AbortController().signal;
    if (old.projecting.position !== null) await next.projecting.reached(old.projecting.position, signal);
    heard = undefined;
    const told = reports.positionOf(projectingConsumer);
    if (told !== null) await next.projecting.reached(told, signal);
    if (isDecided) await readStore.switchTo(version);
  } catch (error) {
    heard = old.version;
    await next.stop();
    throw error;
  }
  work = next;
  await ask((call) => say({ kind: 'switched', call, version }));
  heard = version;
  saySubscriptions();
  await old.stop();
  await untilAvailable(() => next.record());
  next.startTimers();
  await sayParked();
  const details = JSON.stringify({ from: old.version, to: version });
  say({ kind: 'note', level: 'info', message: 'other views are served', details });
}

/** @returns why it stays */
async function dropVersion(version: string): Promise<string | undefined> {
  if (version === work.version) return 'That version is served';
  if (!(await readStore.versions()).includes(version)) return undefined;
  if (isShared && (await serving.isServed(version))) return 'Another process still serves that version';
  await ask((call) => say({ kind: 'going', call, version }));
  await readStore.drop(version);
  return undefined;
}

/** Looks now and then, and not again before the last look has ended: engines may be slower than that. */
function every(ms: number, look: () => Promise<void>): NodeJS.Timeout {
  let isLooking = false;
  return setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, ms);
}

/** Others may have switched, begun or ended something. */
async function watchOthers(): Promise<void> {
  try {
    await parkedTimers.reload();
    await sayParked();
    await serving.beat(work.version);
    const current = await readStore.current();
    const isOther = current !== undefined && current !== work.version;
    if (isOther && withoutBuild(current) === (await wantedVersion())) {
      await switching.run(async () => {
        if (current !== work.version && (await readStore.current()) === current) await switchTo(current, false);
      });
    }
    await jobs.watch();
  } catch (error) {
    // Of what another process wrote meanwhile the next look knows.
    if (!(error instanceof GuardMismatchError)) reports.failed('watching other processes', error);
  }
}

function noticingPolicies(consumer: Consumer): Consumer {
  return {
    ...consumer,
    handle: async (delivery) => {
      await consumer.handle(delivery);
      if (delivery.events.some(({ type }) => type === 'PolicyPublished')) arePoliciesNews = true;
    },
  };
}

/** Once a policy is published all views are built by it: documents and their timers, of those too of whom nothing is heard. */
async function watchPolicies(): Promise<void> {
  if (!arePoliciesNews || performance.now() < policiesAgainAt) return;
  policiesAgainAt = Number.POSITIVE_INFINITY;
  arePoliciesNews = false;
  try {
    const isOld = withoutBuild(work.version) !== (await wantedVersion());
    if (isOld) arePoliciesNews = true;
    const begun = isOld ? await jobs.request({ kind: 'rebuild', view: 'all', actor: 'policies' }) : undefined;
    policiesAgainAt = begun?.kind === 'job' ? performance.now() + policiesAgainMs : 0;
  } catch (error) {
    arePoliciesNews = true;
    policiesAgainAt = performance.now() + policiesAgainMs;
    // Another process was faster.
    if (!(error instanceof GuardMismatchError)) reports.failed('building the views for a policy', error);
  }
}

async function openLog(): Promise<LogAccess> {
  const answer = await ask((call) => say({ kind: 'log-wanted', call }));
  if (answer.kind !== 'log') throw new TypeError('no connection to the log was given');
  return answer.log;
}

function ask(send: (call: number) => void): Promise<Extract<ViewsRequest, { kind: 'log' | 'heard' }>> {
  const call = ++asking;
  return new Promise((resolve) => {
    asked.set(call, resolve);
    send(call);
  });
}

function saySubscriptions(): void {
  if (heard === work.version) reports.subscription(projectingConsumer, work.projecting);
  if (work.recording !== undefined) reports.subscription(recordingConsumer, work.recording);
}

/** What the client of Kafka has to say: it mends most of that by itself. */
function sayOfKafka(level: string, message: string, details: Readonly<Record<string, unknown>>): void {
  if (level === 'error' || level === 'warn') say({ kind: 'note', level, message, details: JSON.stringify(details) });
}

/** One at a time, and once more if something was parked meanwhile: many may be parked at once. */
function sayParked(): Promise<void> {
  hasNewsOfParks = true;
  sayingParked ??= (async () => {
    while (hasNewsOfParks) {
      hasNewsOfParks = false;
      try {
        say({ kind: 'parked', parks: await allParked() });
      } catch (error) {
        reports.failed('parked', error);
      }
    }
  })().finally(() => {
    sayingParked = undefined;
  });
  return sayingParked;
}

async function allParked(): Promise<readonly Parked[]> {
  return [...(await listParked({ views: work.views, state })), ...parkedTimers.waiting.map(timerPark)];
}

async function answerJob({ call, request }: Extract<ViewsRequest, { kind: 'job' }>): Promise<void> {
  try {
    say({ kind: 'job-done', call, outcome: await jobs.request(request) });
  } catch (error) {
    const reason = error instanceof GuardMismatchError ? 'Another process was faster; look again' : messageOf(error);
    say({ kind: 'job-done', call, outcome: { kind: 'refused', reason } });
  }
}

async function release({ kind, call, parkId }: Extract<ViewsRequest, { parkId: string }>): Promise<void> {
  try {
    const parked = (await allParked()).find(({ id }) => id === parkId);
    const outcome = parked === undefined ? 'unknown' : await work.release(kind, parked);
    // First what is still parked: whoever hears of the release may ask for the customer at once.
    await sayParked();
    say({ kind: 'released', call, outcome });
  } catch (error) {
    reports.failed(`${kind} ${parkId}`, error);
    say({ kind: 'released', call, outcome: 'parked-again' });
  }
}

async function close(): Promise<void> {
  for (const watch of watches) clearInterval(watch);
  await jobs.close();
  await work.stop();
  await state.close();
  await readStore.close();
  await store.close();
  await stopTracing().catch((error: unknown) => reports.failed('tracing', error));
  port?.close();
}
