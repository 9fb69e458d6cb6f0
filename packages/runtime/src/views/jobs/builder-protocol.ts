import type { ViewComparison } from '@tenure/contracts';
import type { Position } from '@tenure/event-store';
import type { GuardedReplace } from '@tenure/read-store';
import type { ViewsThreadOptions } from '../protocol.ts';
import type { VerificationScope } from './job.ts';

/** What the thread that builds and compares is started with. */
export interface BuilderOptions
  extends Pick<ViewsThreadOptions, 'engines' | 'log' | 'views' | 'clock' | 'zone' | 'modules' | 'memory' | 'pageSize'> {
  /** What is built, and where: `own` beside the views that are served, else in a folder of its own. */
  readonly version: string;
  readonly folder: 'own' | { readonly scratch: string };
  /** The version that it is compared with; null: it is not compared. */
  readonly served: string | null;
  /** Of a verification; null for a rebuild. */
  readonly scope: VerificationScope | null;
}

export type BuilderRequest =
  /** Follow the log no longer, and close what is open. */
  | { readonly kind: 'finish' }
  | { readonly kind: 'reached'; readonly call: number; readonly failure: string | null }
  | { readonly kind: 'written'; readonly call: number; readonly isWritten: boolean; readonly failure: string | null };

export type BuilderMessage =
  | {
      readonly kind: 'progress';
      readonly position: Position | null;
      /** Of the log, from 0 to 1. */
      readonly share: number;
      readonly events: number;
      /** Why it does not come on just now. */
      readonly failing: string | null;
    }
  | { readonly kind: 'comparing' }
  | { readonly kind: 'compared'; readonly comparison: ViewComparison }
  /** Say so once the views that are served have that. */
  | { readonly kind: 'reach'; readonly call: number; readonly position: Position }
  /** Documents of the views that are served, each as the log says. */
  | { readonly kind: 'write'; readonly call: number; readonly replaces: readonly GuardedReplace[] }
  /** Caught up, and compared if it was to be. It goes on following the log until told to finish. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failure'; readonly message: string };
