import type { Calendar, Fact } from '@tenure/domain';

/** A customer as a replay meets them: all of their ids together, once. */
export interface ReplayedCustomer {
  readonly canonicalId: string;
  /** All that is known of them by the replay's position and instant; in no order. */
  readonly facts: readonly Fact[];
}

/** What one thread makes of the customers that it is given. */
export interface ReplayTally {
  add(customer: ReplayedCustomer): void;
  /** A customer whose history holds an event that cannot be applied. */
  addUnreadable(id: string, reason: string): void;
  /** Plain data, for the thread that asked. */
  result(): unknown;
}

/** What a module that tallies exports, under the name `createTally`. */
export type CreateTally<Options> = (options: Options, calendar: Calendar) => ReplayTally;
