import type { BaseConfig } from '../base-config.ts';
import { type Clock, type ClockDescription, openClock } from '../clock.ts';
import { createCommands } from '../commands/commands.ts';
import { type Engines, enginesOf } from '../engines/engines.ts';
import { serveLog } from '../engines/log-access.ts';
import { untilAvailable } from '../engines/until-available.ts';
import { createPositionWait } from '../http/min-position.ts';
import type { ApiInfo } from '../http/openapi.ts';
import { operationRoutes } from '../http/operations.ts';
import { buildServer } from '../http/server.ts';
import { limitsOf } from '../http/server-options.ts';
import { openIdKey } from '../id-key.ts';
import { assertIdKeyOfLog } from '../id-key-of-log.ts';
import { createIds } from '../ids.ts';
import { parkedRoutes } from '../operations/parked-routes.ts';
import { rebuildRoutes } from '../operations/rebuild-routes.ts';
import { verificationRoutes } from '../operations/verification-routes.ts';
import { createReplays } from '../replay/replays.ts';
import { type FactContext, type Service, serviceContext, serviceRoutes } from '../service.ts';
import { fastifyTracing } from '../telemetry/fastify-tracing.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { activeTraceparent, isTracing } from '../telemetry/tracing.ts';
import { isAtWork } from '../views/jobs/job.ts';
import { projectingConsumer } from '../views/projecting.ts';
import { recordingConsumer } from '../views/recording-consumer.ts';
import { startViews, type Views } from '../views/start-views.ts';
import { collectionsOf } from '../views/view-version.ts';
import { checkAddress } from './check-address.ts';
import { startFactsInbox } from './facts-inbox.ts';
import { publishPolicies } from './publish-policies.ts';
import { createLagMeter, type LagMeter } from './view-lag.ts';

export interface ProcessOptions {
  /** The process's own, lower case: its views are kept under it. */
  readonly name: string;
  readonly services: readonly Service[];
  readonly config: BaseConfig;
  readonly info: ApiInfo;
  readonly log: Log;
  /** Instead of the configured one: for tests. */
  readonly clock?: ClockDescription;
  /** Fails answers that are not as their routes declare: for tests. */
  readonly checkAnswers?: boolean;
  /** Builds the views anew although there are good ones. */
  readonly rebuildViews?: boolean;
}

export interface RunningProcess {
  readonly url: string;
  readonly context: FactContext;
  /**
   * Takes no more requests, finishes those at work, closes everything. At most as long as `TENURE_GRACE_MS`.
   * @returns whether everything came to its end in time
   */
  stop(): Promise<boolean>;
}

/** The log holds what has not happened yet by this clock. */
export class ClockBehindError extends Error {
  readonly code = 'clock-behind';
  constructor(now: number, last: number) {
    super(
      `the clock says ${new Date(now).toISOString()}, but the log's last event was recorded at ${new Date(last).toISOString()}: set TENURE_CLOCK to that or later`,
    );
    this.name = 'ClockBehindError';
  }
}

/** About 500 MB of folds, and as text another 35,000 customers of ten purchases each. */
const CUSTOMER_MEMORY = { maxFacts: 500_000, maxTextLength: 120_000_000 };
const TIMERS_EVERY_MS = 250;
const VIEW_PAGE_EVENTS = 2_000;
/** A machine's clock is set right by steps that are no reason to stand still. */
const TOLERATED_STEP_MS = 60_000;

/**
 * Runs services: the views, and the writer of an embedded log, in threads of their own, HTTP and decisions in this one.
 * @throws {ConfigError} for an address that others can reach, without keys
 * @throws {IdKeyError} {StoreLockedError} {ClockBehindError} {PolicyVersionError} {RouteDeclarationError}
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { name, services, config, log } = options;
  checkAddress(config);
  const engines = enginesOf(config);
  const clockDescription = options.clock ?? config.TENURE_CLOCK;
  const clock = openClock(clockDescription);
  const directory = config.TENURE_DATA;
  const ids = createIds(idKeyOf(engines, config));

  // What was opened is closed in the opposite order, at the end as well as after a failed start.
  const opened = new AsyncDisposableStack();
  try {
    const served = await serveLog(engines, {
      directory,
      now: clock.now,
      onIndexFault: (fault) => log.warn({ fault }, 'the index by customer is not right, and read around'),
    });
    opened.defer(() => served.close());
    const { store } = served;
    checkClock(clock, clockDescription, await served.lastRecordedAt());
    if (engines.eventStore.kind !== 'sqlite') await assertIdKeyOfLog(store, ids);
    const policies = services.flatMap((service) => service.policies ?? []);
    await untilAvailable(() => publishPolicies(policies, { store, clock }));

    const definitions = services.flatMap((service) => service.views ?? []);
    const collections = collectionsOf(definitions.map(({ definition }) => definition));
    const views = await startViews({
      engines,
      log: served.access(),
      views: { engine: engines.readStore, directory, owner: name },
      clock: clockDescription,
      zone: config.TENURE_ZONE,
      modules: definitions.map(({ module }) => module),
      collections,
      memory: CUSTOMER_MEMORY,
      timerMs: TIMERS_EVERY_MS,
      pageSize: VIEW_PAGE_EVENTS,
      rebuild: options.rebuildViews ?? false,
      onFailure: (what, message) => log.error({ what, reason: message }, 'views cannot go on'),
      onNote: (level, message, details) => log[level]({ details }, message),
      onParked: ({ id, ...parked }) => log.warn({ parkId: id, ...parked }, 'set aside until somebody looks at it'),
      openLog: () => served.access(),
      onBuilding: (version) => log.info({ version }, 'building the views from the whole log'),
    });
    opened.defer(() => views.close());

    const metrics = createMetrics();
    const lagOf = (consumer: string): LagMeter => {
      const meter = createLagMeter(
        store.head.bind(store),
        () => views.positions.get(consumer) ?? null,
        (error) => log.warn({ err: error }, 'the head of the log cannot be read'),
      );
      opened.defer(() => meter.stop());
      return meter;
    };
    const lag = { views: lagOf(projectingConsumer), recording: lagOf(recordingConsumer) };
    metrics.gauge('tenure_views_lag_seconds', 'How far the views are behind the log', () => lag.views.seconds());
    metrics.gauge('tenure_recording_lag_seconds', 'How far what is derived and recorded is behind the log', () =>
      lag.recording.seconds(),
    );
    const job = () => views.jobs.find(isAtWork);
    metrics.gauge(
      'tenure_views_job_share',
      'How much of the log a rebuild or verification under way has, 0 to 1',
      () => job()?.share ?? 0,
    );
    metrics.gauge(
      'tenure_views_job_differences',
      'Documents that the last verification or rebuild found to differ',
      () => views.jobs[0]?.comparison.differences ?? 0,
    );
    metrics.gauge('tenure_views_parked', 'Customers and streams that are set aside', () => views.parks.length);

    const commands = createCommands({ store, log, metrics });
    const zone = config.TENURE_ZONE;
    const replays = createReplays({ access: served.access, clock: clockDescription, zone });
    opened.defer(() => replays.close());
    const context: FactContext = { clock, ids, store, commands, views, replays, zone, log, metrics };
    const routes = [
      ...serviceRoutes(services, context),
      ...parkedRoutes(views),
      ...rebuildRoutes(views, collections),
      ...verificationRoutes(views),
    ];
    const takers = serviceContext(services, context);
    const inbox = await startFactsInbox({ engine: engines.eventBus, name, context: takers });
    if (inbox !== undefined) opened.defer(() => inbox.stop());
    const operations = operationRoutes(routes, {
      dependencies: [
        { name: 'event-store', check: served.check },
        { name: 'views', check: () => views.failure },
        ...(engines.readStore.kind === 'sqlite' ? [] : [{ name: 'read-store', check: () => checkViews(views) }]),
        ...(inbox === undefined ? [] : [inbox.dependency]),
      ],
      clock,
      clockDescription,
      metrics,
      info: options.info,
      keyed: config.TENURE_KEYS !== undefined,
    });
    const server = await buildServer({
      routes: [...routes, ...operations],
      keys: config.TENURE_KEYS,
      limits: limitsOf(config),
      log,
      metrics: metrics.http,
      awaitPosition: createPositionWait(store, views),
      activeTraceparent,
      checkAnswers: options.checkAnswers ?? false,
      ...(isTracing() ? { tracing: fastifyTracing() } : {}),
    });
    metrics.gauge('tenure_http_requests_at_work', 'Requests between headers and answer', server.inFlight);
    const url = await server
      .listen({ host: config.TENURE_HOST, port: config.TENURE_PORT })
      .catch(async (error: unknown) => {
        await server.close(0);
        throw error;
      });

    let stopping: Promise<boolean> | undefined;
    const stop = async (): Promise<boolean> => {
      // The rest of the time is for what the threads have still to write.
      const [finished] = await Promise.all([server.close(config.TENURE_GRACE_MS * 0.8), inbox?.stop()]);
      await opened.disposeAsync();
      return finished;
    };
    return {
      url,
      context,
      stop() {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Why the views cannot be read; undefined if they can. */
function checkViews(views: Views): Promise<string | undefined> {
  return views
    .current()
    .checkpoint(projectingConsumer)
    .then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
}

/** Processes that share a log are given the key; one that has the log to itself keeps it beside the log. */
function idKeyOf({ eventStore }: Engines, { TENURE_DATA, TENURE_ID_KEY }: BaseConfig): Buffer {
  if (eventStore.kind === 'sqlite' || TENURE_ID_KEY === undefined) return openIdKey(TENURE_DATA, TENURE_ID_KEY);
  return Buffer.from(TENURE_ID_KEY, 'hex');
}

function checkClock(clock: Clock, { kind }: ClockDescription, last: number | undefined): void {
  const now = clock.now();
  if (last !== undefined && now < last - (kind === 'system' ? TOLERATED_STEP_MS : 0))
    throw new ClockBehindError(now, last);
}
