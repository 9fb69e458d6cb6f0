import type { ReplayOutcome } from '@tenure/event-bus';
import type { Position } from '@tenure/event-store';
import type { ClockDescription } from '../clock.ts';
import type { Engines } from '../engines/engines.ts';
import type { LogAccess } from '../engines/log-access.ts';
import type { ReadStoreAccess } from '../engines/read-store-access.ts';
import type { Job, VerificationScope } from './jobs/job.ts';
import type { CustomerMemory } from './known-customers.ts';
import type { Parked } from './parking.ts';

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
  | { readonly kind: 'job'; readonly call: number; readonly request: JobRequest }
  /** Another connection to the log, as was wanted. */
  | { readonly kind: 'log'; readonly call: number; readonly log: LogAccess }
  /** The process reads this version from now on, or none of it any more. */
  | { readonly kind: 'heard'; readonly call: number }
  | { readonly kind: 'close' };

/** What somebody wants of rebuilds and verifications. */
export type JobRequest =
  | { readonly kind: 'rebuild'; readonly view: string; readonly actor: string }
  | { readonly kind: 'verification'; readonly scope: VerificationScope; readonly actor: string }
  | { readonly kind: 'cancel' | 'switch-back' | 'drop-version'; readonly id: string };

export type JobOutcome =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'unknown' }
  /** It cannot be: why. */
  | { readonly kind: 'refused'; readonly reason: string };

export type ViewsMessage =
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'position'; readonly consumer: string; readonly position: Position }
  /** The views are made from the beginning of the log, before anybody reads them. */
  | { readonly kind: 'building'; readonly version: string }
  | { readonly kind: 'parked'; readonly parks: readonly Parked[] }
  | { readonly kind: 'released'; readonly call: number; readonly outcome: ReplayOutcome }
  | { readonly kind: 'jobs'; readonly jobs: readonly Job[] }
  | { readonly kind: 'job-done'; readonly call: number; readonly outcome: JobOutcome }
  | { readonly kind: 'log-wanted'; readonly call: number }
  /** Read this version from now on, and say so; nothing is told of later positions before. */
  | { readonly kind: 'switched'; readonly call: number; readonly version: string }
  /** Read this version no more, and say so: it goes. */
  | { readonly kind: 'going'; readonly call: number; readonly version: string }
  /** For the log. */
  | {
      readonly kind: 'note';
      readonly level: 'error' | 'warn' | 'info';
      readonly message: string;
      readonly details: string;
    }
  | { readonly kind: 'failure'; readonly what: string; readonly message: string };
