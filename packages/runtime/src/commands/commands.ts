import type { DomainEvent } from '@tenure/contracts';
import type { Decider, Rejection } from '@tenure/domain';
import { type EventStore, EventTooLargeError, type Position, StoreUnavailableError } from '@tenure/event-store';
import { LRUCache } from 'lru-cache';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { inSpan } from '../telemetry/tracing.ts';
import type { CommandRequest } from './command-request.ts';
import { later, nothing, type Plan, planCommand } from './plan.ts';
import { type Extent, extentOf, type History, Snapshots } from './snapshots.ts';
import { foldingOf, type StepOptions, stateOf, step } from './step.ts';
import { Turns } from './turns.ts';

/** What a command came to. A repeat is `unchanged`, with the customer and position of the first time. */
export type CommandResult =
  | {
      readonly status: 'accepted' | 'unchanged';
      readonly customerId: string | null;
      /** Once a view has it, the view shows what the command did. */
      readonly position: Position;
      /** Of the last step's stream. */
      readonly revision: number;
    }
  | { readonly status: 'rejected'; readonly rejection: Rejection };

export interface Commands {
  handle(request: CommandRequest): Promise<CommandResult>;
  /**
   * Results in the order of the requests, as if they had been sent one after another; appends travel together. A command
   * that fails does not touch the others.
   */
  handleAll(requests: readonly CommandRequest[]): Promise<readonly CommandResult[]>;
  /** What a decider makes of a stream. */
  stateOf<State, E extends DomainEvent>(
    decider: Pick<Decider<State, never, E>, 'initialState' | 'evolve'>,
    stream: string,
  ): Promise<Extent & { readonly state: State }>;
}

const MOST_ATTEMPTS = 5;
const KNOWN_CUSTOMERS = 200_000;

/** Handles commands: read, fold, decide, append; after a conflict again, a bounded number of times. */
export function createCommands(parts: {
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'head'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'append'>;
}): Commands {
  const { store, log, metrics } = parts;
  const turns = new Turns();
  const snapshots = new Snapshots(store);
  // Only customers whose registration the log is known to have.
  const registered = new LRUCache<string, true>({ max: KNOWN_CUSTOMERS });
  // The furthest position that the log is known to have. What is appended now lies beyond it; what does not was there.
  let furthest: Position | undefined;

  const attempt = async (request: CommandRequest): Promise<CommandResult> => {
    for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
      const reads = request.steps.some((one) => attempts > 0 || !one.optimistic);
      const histories = reads ? await readAll(request, attempts > 0) : request.steps.map(() => nothing);
      const register = request.register !== undefined && !registered.has(request.register.customerId);
      const plan = planCommand(request, histories, register);
      if (plan.unit.length === 0) return settled(plan);
      const before = furthest ?? (await findFurthest());
      const startedAt = performance.now();
      // Appends of one turn of the event loop travel and commit together: the store sees to that.
      const [outcome] = await inSpan('append', { 'tenure.stream': plan.unit.at(-1)?.stream ?? '' }, () =>
        store.append([plan.unit]),
      );
      metrics.append(performance.now() - startedAt);
      if (outcome?.status === 'appended') {
        if (register && plan.outcome.status !== 'rejected') registered.set(request.register.customerId, true);
        const { position } = outcome;
        if (furthest === undefined || position > furthest) furthest = position;
        if (plan.outcome.status !== 'accepted') return settled(plan);
        // The store knows events by their ids: it answers those of a repeat with where they are.
        // One step of a repeat may have been read, and lie further on than those that were not.
        const status = position <= before ? 'unchanged' : 'accepted';
        return { ...plan.outcome, status, position: later(plan.outcome.position, position) };
      }
    }
    return rejected('contended', 'Others keep changing the same thing; try again');
  };

  const findFurthest = async (): Promise<Position> => {
    const head = (await store.head()) ?? '';
    furthest ??= head;
    return furthest;
  };

  const settled = async ({ outcome }: Plan): Promise<CommandResult> => {
    if (outcome.status === 'rejected') return outcome;
    const position = outcome.status === 'unchanged' ? outcome.position : await store.head();
    return position === null
      ? rejected('not-found', 'There is nothing under this id')
      : { ...outcome, status: 'unchanged', position };
  };

  const readAll = ({ steps, commandId }: CommandRequest, evenOptimistic: boolean): Promise<readonly History[]> =>
    Promise.all(steps.map((one) => (one.optimistic && !evenOptimistic ? nothing : snapshots.read(one, commandId))));

  const handle = async (request: CommandRequest): Promise<CommandResult> => {
    const turn = turns.take(request.steps.map((one) => one.stream));
    try {
      if (turn.ready !== undefined) await turn.ready;
      return await attempt(request);
    } catch (error) {
      return failed(error);
    } finally {
      turn.release();
    }
  };

  const failed = (error: unknown): CommandResult => {
    if (error instanceof EventTooLargeError) {
      return rejected('too-large', `It makes an event of more than ${error.limitBytes} bytes`);
    }
    if (error instanceof StoreUnavailableError) {
      // It may have been appended nevertheless.
      furthest = undefined;
      log.warn({ err: error }, 'append without a known result');
      return rejected('store-unavailable', 'It is not known whether this was recorded; sending it again is safe');
    }
    log.error({ err: error }, 'command failed');
    return rejected('internal', 'Something went wrong on our side; it has been noted');
  };

  return {
    handle,
    handleAll: (requests) => Promise.all(requests.map(handle)),
    async stateOf(decider, stream) {
      const history = await snapshots.read(foldingOf(stream, decider));
      return { ...extentOf(history), state: stateOf(decider, history.events, history.before) };
    },
  };
}

function rejected(code: string, detail: string): CommandResult {
  return { status: 'rejected', rejection: { code, detail } };
}

/** A command with a single stream, said in one go. */
export type SingleCommand<State, Command, E extends DomainEvent> = Omit<CommandRequest, 'steps'> &
  StepOptions<State, Command, E>;

/** Handles a command with a single stream. */
export function handleCommand<State, Command, E extends DomainEvent>(
  context: { readonly commands: Commands },
  request: SingleCommand<State, Command, E>,
): Promise<CommandResult> {
  return context.commands.handle(singleCommand(request));
}

/** The same, to be handled with others by `Commands.handleAll`. */
export function singleCommand<State, Command, E extends DomainEvent>(
  request: SingleCommand<State, Command, E>,
): CommandRequest {
  const { service, origin, commandId, register, session } = request;
  return { service, origin, commandId, register, session, steps: [step(request)] };
}
