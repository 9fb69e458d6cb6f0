import type { EventStoreDBDoubleOptions } from './double.ts';
import type { FailureControls } from './failures.ts';

/** What the parent process says to one that serves. */
export type ToServer =
  | { readonly kind: 'start'; readonly options: Omit<EventStoreDBDoubleOptions, 'clock'> }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure };

/** A call of one of the failure controls. */
export type Failure = {
  [Name in keyof FailureControls]: { readonly name: Name; readonly args: Parameters<FailureControls[Name]> };
}[keyof FailureControls];

export type FromServer =
  | { readonly kind: 'serving'; readonly port: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'done'; readonly id: number };
