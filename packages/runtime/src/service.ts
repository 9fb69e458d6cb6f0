import type { FactType, PolicyDocument, ServiceName } from '@tenure/contracts';
import type { EventStore } from '@tenure/event-store';
import type { Clock } from './clock.ts';
import type { Commands } from './commands/commands.ts';
import type { Fact } from './facts/fact.ts';
import type { Route } from './http/route.ts';
import type { Ids } from './ids.ts';
import type { Replays } from './replay/replays.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Views } from './views/start-views.ts';
import type { ServiceViews } from './views/types.ts';

/** What a service's routes are made with. */
export interface ServiceContext {
  readonly clock: Clock;
  readonly ids: Ids;
  /** For reads; appends go through `commands`. */
  readonly store: EventStore;
  readonly commands: Commands;
  readonly views: Views;
  /** For what looks at everybody's history, in threads of its own. */
  readonly replays: Replays;
  /** IANA name of the zone in which calendar days are taken. */
  readonly zone: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What batches and the inbox take: the facts of all services of the process. */
  readonly facts: ReadonlyMap<FactType, Fact>;
}

/** What there is before the services have said which facts they take. */
export type FactContext = Omit<ServiceContext, 'facts'>;

/** One service: what it answers, what it makes of events, and the policies it starts with. */
export interface Service {
  readonly name: ServiceName;
  /** Runs on the thread that serves HTTP, once. */
  routes(context: ServiceContext): readonly Route[];
  /** Facts that it takes out of batches, whichever service serves those, and out of the inbox. */
  facts?(context: FactContext): readonly Fact[];
  /** What it makes of events, in the views' thread. */
  readonly views?: {
    /** URL of the module that exports the definition as `views`; the thread imports it from there. */
    readonly module: string;
    readonly definition: ServiceViews;
  };
  /** Appended at start where the log has another version, or none. */
  readonly policies?: readonly PolicyDocument[];
}

/** The same with the facts that services of one process take together. */
export function serviceContext(services: readonly Service[], context: FactContext): ServiceContext {
  const taken = services.flatMap((service) => service.facts?.(context) ?? []);
  return { ...context, facts: new Map(taken.map((fact) => [fact.type, fact])) };
}

/** The routes of services that run in one process. */
export function serviceRoutes(services: readonly Service[], context: FactContext): readonly Route[] {
  const whole = serviceContext(services, context);
  return services.flatMap((service) => service.routes(whole));
}
