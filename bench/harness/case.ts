import type { ServerName } from './servers.ts';
import type { Sizes } from './sizes.ts';
import type { Stores } from './stores.ts';

/** What one run of a case found. */
export interface Sample {
  readonly value: number;
  /** The limit that was measured beside it, in the same unit; absent where there is none. */
  readonly raw?: number;
  /** What else the case promises, by name. */
  readonly also?: Readonly<Record<string, number>>;
}

/** A bound, inclusive. `of`: the value itself, or how it compares with the raw limit. */
export interface Target {
  readonly of: 'ratio' | 'value';
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface AlsoTarget {
  readonly unit: string;
  /** Absent: it is told, and nothing is promised of it. */
  readonly atMost?: number;
}

export interface CaseContext {
  readonly sizes: Sizes;
  readonly stores: Stores;
  /** Folder for CPU profiles of what is measured. */
  readonly profile: string | undefined;
}

/** One promise about speed, measured. */
export interface Case {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** What the raw limit is; absent where there is none. */
  readonly rawIs?: string;
  /** Absent: the figure is told, and nothing is promised of it. */
  readonly target?: Target;
  /** What has to be started for it; it is skipped where that cannot be. */
  readonly needs?: readonly ServerName[];
  readonly also?: Readonly<Record<string, AlsoTarget>>;
  measure(context: CaseContext): Promise<Sample>;
}
