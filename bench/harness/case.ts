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
  readonly atMost: number;
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
  /** What the raw limit is. */
  readonly rawIs: string;
  readonly target: Target;
  readonly also?: Readonly<Record<string, AlsoTarget>>;
  measure(context: CaseContext): Promise<Sample>;
}
