import { Readable } from 'node:stream';
import type { PolicyDocument } from '@tenure/contracts';
import { calendarOf } from '@tenure/domain';
import type { Consumer, Park } from '@tenure/event-bus';
import { createEmbeddedEventBus } from '@tenure/event-bus/embedded';
import type { EventStore, Position } from '@tenure/event-store';
import { openLogInThisThread } from '@tenure/event-store/sqlite/testing';
import type { ReadStore, ViewSet } from '@tenure/read-store';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';
import {
  createCommands,
  createIds,
  createLog,
  createMetrics,
  type FactContext,
  type ManualClock,
  Problem,
  policyStream,
  type Route,
  serviceRoutes,
  type Views,
} from '@tenure/runtime';
import {
  collectionsOf,
  createConsumers,
  createParkingLot,
  type ParkedTimer,
  ParkedTimers,
  parkedCollection,
  publishPolicies,
  Scheduler,
  stateCollections,
  stateVersion,
  storedCheckpoint,
  viewVersion,
} from '@tenure/runtime/testing';
import type { ServiceViews } from '@tenure/runtime/views';
import { services } from '@tenure/standalone';
import type { Turnstile } from '@tenure/testing/simulator';
import { idKey } from '../support/id-key.ts';
import type { Call, Called } from '../support/log-system.ts';
import { gatedStore, gatedViews } from './gated.ts';

// Made before a run replaces the machine: they look at the real one.
const metrics = createMetrics();
const log = createLog({ level: 'silent', service: 'simulation' });
export const ids = createIds(Buffer.from(idKey, 'hex'));
const zone = 'UTC';

export interface Surroundings {
  readonly directory: string;
  readonly clock: ManualClock;
  readonly turnstile: Turnstile;
  /** The program's own: a later program may come with more. */
  readonly policies: readonly PolicyDocument[];
  /** Beside the product's. */
  readonly more: ServiceViews;
  /** Between the bus and a consumer. */
  readonly deliver: (consumer: Consumer) => Consumer;
  /** Events that a delivery holds at most. */
  readonly pageSize: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** The product in one thread, as one process of it runs: log, commands, bus, consumers, timers, views. */
export interface Embedded {
  /** For looking at: nothing waits at the turnstile, and nothing of it fails. */
  readonly store: EventStore;
  readonly views: ViewSet;
  readonly state: ViewSet;
  readonly readStore: ReadStore;
  readonly head: number;
  readonly parks: readonly Park[];
  readonly parkedTimers: readonly ParkedTimer[];
  /** Where the consumers stand; null at the beginning. */
  readonly standing: { readonly projecting: Position | null; readonly recording: Position | null };
  /** Why consumers do not move, if they don't. */
  readonly failures: readonly string[];
  call(call: Call, origin: { readonly requestId: string; readonly idempotencyKey?: string }): Promise<Called>;
  /** Facts as a batch; the answers to the lines. */
  batch(lines: readonly object[], session: string | undefined, requestId: string): Promise<readonly LineAnswer[]>;
  replay(parkId: string): Promise<unknown>;
  /** A call that waits for nobody: for reading. */
  look(call: Call): Promise<Called>;
  /** Whether something is left to be fired by this instant. */
  isDue(now: number): Promise<boolean>;
  /** Ends as a killed process does. Not while a call is being carried out. */
  kill(): Promise<void>;
}

export interface LineAnswer {
  readonly status: number;
  readonly id: string;
  readonly position: string;
}

const due = (): Promise<never> => new Promise(() => undefined);
const never = new AbortController().signal;

function notSimulated(): never {
  throw new Error('threads have no place in a simulated run');
}

/** What has been opened of a process, so that it can be killed while it starts. */
export class Starting {
  #kill: () => Promise<void> = async () => undefined;

  kill(): Promise<void> {
    return this.#kill();
  }

  async boot(parts: Surroundings): Promise<Embedded> {
    const { directory, clock, turnstile, policies, more, deliver, pageSize, onFailure } = parts;
    const writer = openLogInThisThread(directory);
    const readStore = openSqliteReadStore({ directory, role: 'writer' });
    this.#kill = async () => {
      await readStore.close();
      await writer.kill();
    };
    const store = writer.connect(clock.now);
    const viewsLog = writer.connect(clock.now);
    const own = (who: string): EventStore => gatedStore(who === 'commands' ? store : viewsLog, who, turnstile);
    const startStore = own('start');
    await publishPolicies(policies, { store: startStore, clock });

    const definitions = [...services.flatMap(({ views }) => (views === undefined ? [] : [views.definition])), more];
    const collections = [...collectionsOf(definitions), parkedCollection];
    const published = await publishedPolicies(startStore);
    const opened = await openViews(
      readStore,
      viewVersion(collections, store.identity, { code: 'simulated', zone, policies: published }),
      {
        collections,
        store: startStore,
      },
    );
    const state = await readStore.open(stateVersion(store.identity), stateCollections);

    let parks: readonly Park[] = [];
    const viewsStore = own('views');
    const views = gatedViews(opened.views, 'views', turnstile);
    const context = { store: viewsStore, views, calendar: calendarOf(zone), now: clock.now };
    const gatedState = gatedViews(state, 'state', turnstile);
    const parkedTimers = await ParkedTimers.load(gatedState);
    const parkingLot = createParkingLot({ views, state: gatedState }, () => void sayParked());
    const sayParked = async (): Promise<void> => {
      parks = await parkingLot.list();
    };
    const bus = createEmbeddedEventBus({
      store: busStore(own('bus'), writer, turnstile, pageSize),
      parkingLot,
      now: clock.now,
      pageSize: 40,
    });
    // Room for few, so that folds come, rest as text, and go.
    const memory = { maxFacts: 30, maxTextLength: 30_000 };
    const { follows } = bus;
    const consumers = await createConsumers({
      services: definitions,
      context,
      state: gatedState,
      memory,
      maxGuards: 500,
      follows,
    });
    await sayParked();
    const gate = (consumer: Consumer): Consumer => ({
      ...consumer,
      handle: async (delivery) => {
        const { events, checkpoint } = delivery;
        const name = `${consumer.name} takes ${events.length} up to ${checkpoint.position}`;
        await turnstile.pass({ kind: 'delivery', name, work: () => undefined });
        await consumer.handle(delivery);
      },
    });
    const projecting = await bus.subscribe(gate(deliver(consumers.projecting)));
    const recording = await bus.subscribe(gate(deliver(consumers.recording)));
    if (opened.isFresh) {
      const head = await store.head();
      if (head !== null) await projecting.reached(head, never);
      const old = await readStore.current();
      await readStore.switchTo(opened.views.version);
      if (old !== undefined && old !== opened.views.version) await readStore.drop(old);
    }
    new Scheduler({
      timers: consumers.timers,
      context,
      projecting,
      recording,
      owns: follows,
      parked: parkedTimers,
      onParked: () => undefined,
      onFailure: (timer, id, error) => onFailure(`timer ${timer} ${id}`, error),
      everyMs: 250,
    }).start();

    const served: Views = {
      current: () => opened.views,
      get position() {
        return projecting.position;
      },
      get positions() {
        return new Map([
          ['views', projecting.position ?? ''],
          ['recording', recording.position ?? ''],
        ]);
      },
      get parks() {
        return parks;
      },
      get failure() {
        return projecting.failure?.message;
      },
      reached: (position, signal) => projecting.reached(position, signal),
      refuseParked(of) {
        if (parks.some(({ consumer, key }) => consumer === 'views' && of.includes(key))) {
          throw new Problem('customer-parked', 'An event of this customer could not be applied');
        }
      },
      replay: (parkId) => projecting.replay(parkId),
      drop: (parkId) => projecting.drop(parkId),
      jobs: [],
      requestJob: due,
      close: due,
    };
    const commandStore = own('commands');
    const replays = { start: notSimulated, close: due };
    const whole = { store: commandStore, clock, ids, zone, log, metrics, views: served, replays };
    const commands = createCommands({ store: commandStore, log, metrics, knownCustomers: 5 });
    const routes = routesOf({ ...whole, commands });
    const reading = routesOf({ ...whole, commands, store });
    const handle = async (
      of: ReadonlyMap<string, Route>,
      { operationId, params = {}, query = {}, body }: Call,
      { requestId, idempotencyKey }: { readonly requestId: string; readonly idempotencyKey?: string },
      stream?: Readable,
    ) => {
      const route = of.get(operationId);
      if (route === undefined) throw new Error(`there is no operation ${operationId}`);
      return route.handle({
        params,
        query,
        body,
        stream,
        origin: {
          actor: 'test',
          requestId,
          correlationId: requestId,
          traceparent: undefined,
          idempotencyKey,
          ifMatch: undefined,
        },
        contentType: 'application/json',
        flight: { signal: never },
      });
    };
    return {
      store,
      views: opened.views,
      state,
      readStore,
      get head() {
        return writer.head;
      },
      get parks() {
        return parks;
      },
      get parkedTimers() {
        return parkedTimers.waiting;
      },
      get standing() {
        return { projecting: projecting.position, recording: recording.position };
      },
      get failures() {
        return [projecting.failure, recording.failure].flatMap((failure) =>
          failure === undefined ? [] : [failure.message],
        );
      },
      call: (call, origin) => answered(handle(routes, call, origin)),
      look: (call) => answered(handle(reading, call, { requestId: 'look' })),
      async isDue(now) {
        const held = new Set((await state.find('held', {})).map(({ _id }) => _id));
        const parked = new Set(parks.map(({ key }) => key));
        for (const { collection, field, filter, key } of consumers.timers) {
          const isPast = { [field]: { $lte: now } };
          const documents = await opened.views.find(collection, {
            filter: filter === undefined ? isPast : { $and: [isPast, filter] },
          });
          const waits = (id: string): boolean => held.has(id) || parked.has(id);
          if (documents.some((document) => ![key(document), ...others(document.aliases)].some(waits))) return true;
        }
        return false;
      },
      async batch(lines, session, requestId) {
        const body = Readable.from([Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))]);
        const query = session === undefined ? {} : { session };
        const { stream } = await handle(routes, { operationId: 'recordFacts', query }, { requestId }, body);
        let text = '';
        for await (const chunk of stream ?? []) text += String(chunk);
        return text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
      },
      replay: (parkId) => projecting.replay(parkId),
      kill: this.#kill,
    };
  }
}

function routesOf(context: FactContext): ReadonlyMap<string, Route> {
  return new Map(serviceRoutes(services, context).map((route) => [route.operationId, route]));
}

async function answered(answering: Promise<Awaited<ReturnType<Route['handle']>>>): Promise<Called> {
  try {
    const answer = await answering;
    return { status: answer.status, body: answer.body ?? JSON.parse(answer.text ?? 'null') };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { status: error.status, body: { code: error.code, detail: error.message } };
  }
}

function others(aliases: unknown): readonly string[] {
  return Array.isArray(aliases) ? aliases.map(String) : [];
}

async function publishedPolicies(store: EventStore): Promise<readonly string[]> {
  const streams = await Promise.all(
    (['lifecycle', 'loyalty', 'satisfaction'] as const).map((name) => store.readStream(policyStream(name))),
  );
  return streams.flat().map(({ id }) => id);
}

async function openViews(
  readStore: ReadStore,
  wanted: string,
  { collections, store }: { collections: ReturnType<typeof collectionsOf>; store: EventStore },
): Promise<{ readonly views: ViewSet; readonly isFresh: boolean }> {
  if ((await readStore.current()) === wanted) {
    const views = await readStore.open(wanted, collections);
    const checkpoint = await storedCheckpoint(views, 'views', 0);
    if (checkpoint === undefined || (await store.recognises(checkpoint))) return { views, isFresh: false };
    throw new Error(`the views know ${JSON.stringify(checkpoint)}, and the log does not`);
  }
  if ((await readStore.versions()).includes(wanted)) await readStore.drop(wanted);
  return { views: await readStore.open(wanted, collections), isFresh: true };
}

/** The log as the bus reads it: in pages of any size, and told of more when the run says so. */
function busStore(
  store: EventStore,
  writer: { readonly head: number },
  turnstile: Turnstile,
  pageSize: () => number,
): EventStore {
  const subscribe: EventStore['subscribe'] = async function* ({ after }) {
    const from = Number(after ?? 0);
    await turnstile.pass({
      kind: 'news',
      name: `the bus hears of more than ${from}`,
      when: () => writer.head > from,
      work: () => undefined,
    });
    yield await store.readAll({ ...(after === undefined ? {} : { after }), limit: 1 });
  };
  const readAll: EventStore['readAll'] = ({ limit, ...rest }) =>
    store.readAll({ ...rest, limit: Math.min(limit, pageSize()) });
  return new Proxy(store, {
    get: (target, name) =>
      name === 'subscribe' ? subscribe : name === 'readAll' ? readAll : Reflect.get(target, name),
  });
}
