import type { ClockDescription } from '../clock.ts';
import type { LogAccess } from '../engines/log-access.ts';
import type { Knowledge } from '../views/history.ts';

/** What a thread of a replay is started with. */
export interface ReplayThreadOptions {
  readonly log: LogAccess;
  readonly clock: ClockDescription;
  /** IANA zone of calendar days. */
  readonly zone: string;
  /** URL of the module that exports `createTally`, and what to call it with: plain data. */
  readonly module: string;
  readonly options: unknown;
  readonly known: Knowledge;
  /** A `SharedProgress`. */
  readonly progress: SharedArrayBuffer;
}

export type ReplayRequest =
  /** Find everybody who is in the log. */
  | { readonly kind: 'find' }
  /** Fold those whose turn it is, until there are none. `ids`: 16 bytes each. */
  | { readonly kind: 'fold'; readonly ids: SharedArrayBuffer }
  | { readonly kind: 'end' };

export type ReplayMessage<R> =
  | { readonly kind: 'found'; readonly ids: Uint8Array }
  | { readonly kind: 'folded'; readonly result: R }
  | { readonly kind: 'failed'; readonly message: string };
