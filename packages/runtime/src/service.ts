import type { PolicyDocument, ServiceName } from '@tenure/contracts';
import type { EventStore, Position } from '@tenure/event-store';
import type { ViewSet } from '@tenure/read-store';
import type { Clock } from './clock.ts';
import type { Commands } from './commands/commands.ts';
import type { Route } from './http/route.ts';
import type { Ids } from './ids.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { ServiceViews } from './views/types.ts';

/** Reads of the version of the views that is current. */
export type ViewReader = Omit<ViewSet, 'write' | 'close' | 'checkpoint'>;

/** How far the views are, for readiness and metrics. */
export interface ViewsStatus {
  /** Null before the first event. */
  readonly position: Position | null;
  /** Why they do not move, if they do not. */
  readonly failure: string | undefined;
  /** Keys that are set aside. */
  readonly parked: number;
}

/** The views as the HTTP thread sees them; another thread writes them. */
export interface Views {
  readonly reader: ViewReader;
  /**
   * Resolves once all up to `position` is in the views, for the customers that are named, else for all.
   * Rejects with the signal's reason when it aborts.
   */
  waitFor(position: Position, signal: AbortSignal, customerIds?: readonly string[]): Promise<void>;
  status(): ViewsStatus;
  close(): Promise<void>;
}

/** What a service's routes are made with. */
export interface ServiceContext {
  readonly clock: Clock;
  readonly ids: Ids;
  /** For reads; appends go through `commands`. */
  readonly store: EventStore;
  readonly commands: Commands;
  readonly views: Views;
  /** IANA name of the zone in which calendar days are taken. */
  readonly zone: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** One service: what it answers, what it makes of events, and the policies it starts with. */
export interface Service {
  readonly name: ServiceName;
  /** `import.meta.url` of the module that exports it as `service`: the views' thread loads it from there. */
  readonly module: string;
  /** Runs on the thread that serves HTTP, once. */
  routes(context: ServiceContext): readonly Route[];
  /** Runs in the views' thread: projections, recorders, timers. */
  readonly views?: ServiceViews;
  /** Appended at start where the log has another version, or none. */
  readonly policies?: readonly PolicyDocument[];
}
