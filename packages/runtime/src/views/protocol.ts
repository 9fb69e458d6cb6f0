import type { Park, ReplayOutcome } from '@tenure/event-bus';
import type { Position } from '@tenure/event-store';
import type { ClockDescription } from '../clock.ts';
import type { Engines } from '../engines/engines.ts';
import type { LogAccess } from '../engines/log-access.ts';
import type { ReadStoreAccess } from '../engines/read-store-access.ts';
import type { CustomerMemory } from './known-customers.ts';

/** What the views' thread is started with. */
export interface ViewsThreadOptions {
  readonly engines: Engines;
  readonly log: LogAccess;
  readonly views: ReadStoreAccess;
  readonly clock: ClockDescription;
  /** IANA zone of calendar days. */
  readonly zone: string;
  /** URLs of modules that export `views: ServiceViews`. */
  readonly modules: readonly string[];
  readonly memory: CustomerMemory;
  /** How often timers are looked at, real time. */
  readonly timerMs: number;
  /** Events a delivery holds at most. */
  readonly pageSize: number;
  /** Build a fresh version of the views even if there is a good one. */
  readonly rebuild: boolean;
}

export type ViewsRequest =
  | { readonly kind: 'replay' | 'drop'; readonly call: number; readonly parkId: string }
  | { readonly kind: 'close' };

export type ViewsMessage =
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'position'; readonly consumer: string; readonly position: Position }
  /** The views are made from the beginning of the log, before anybody reads them. */
  | { readonly kind: 'building'; readonly version: string }
  | { readonly kind: 'parked'; readonly parks: readonly Park[] }
  | { readonly kind: 'released'; readonly call: number; readonly outcome: ReplayOutcome }
  /** For the log. */
  | { readonly kind: 'note'; readonly level: 'error' | 'warn'; readonly message: string; readonly details: string }
  | { readonly kind: 'failure'; readonly what: string; readonly message: string };
