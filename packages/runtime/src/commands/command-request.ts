import type { ServiceName } from '@tenure/contracts';
import type { Origin } from '../http/origin.ts';
import type { Step } from './step.ts';

/** A customer that a fact names by the publisher's key: registered with the fact, if not known yet. */
export interface Registration {
  readonly customerId: string;
  readonly source: string;
  readonly key: string;
  /** When the fact happened, ms since 1970 UTC. */
  readonly occurredAt: number;
}

/** Where a command comes from: a request's `origin`, or what a reaction makes of the event it reacts to. */
export type CommandOrigin = Pick<Origin, 'actor' | 'requestId' | 'correlationId' | 'traceparent'>;

/** A command to be decided in one or more streams, and appended as one unit. */
export interface CommandRequest {
  readonly service: ServiceName;
  readonly origin: CommandOrigin;
  /** The same for the same command sent again; see `Ids.factCommandId` and `Ids.keyedCommandId`. */
  readonly commandId: string;
  /** In order of append; a later one may count on the earlier. The last one is what the result is about. */
  readonly steps: readonly Step[];
  readonly register?: Registration | undefined;
  /** The import session that it belongs to. */
  readonly session?: string | undefined;
}
