import type { Decision, Rejection } from '@tenure/domain';
import {
  type AppendUnit,
  type EventMetadata,
  eventId,
  type NewEvent,
  type Position,
  type StreamAppend,
} from '@tenure/event-store';
import { commandKey, customerStreams } from '../ids.ts';
import type { CommandRequest, Registration } from './command-request.ts';
import { type Extent, extentOf, type History } from './snapshots.ts';
import { newEvent, type Step } from './step.ts';

/** What to append, and what the command came to once that is done. */
export interface Plan {
  /** Empty if there is nothing to append. */
  readonly unit: AppendUnit;
  readonly outcome:
    | {
        readonly status: 'accepted' | 'unchanged';
        readonly customerId: string | null;
        readonly revision: number;
        /** Of what was there before, if there was something. */
        readonly position: Position | null;
      }
    | { readonly status: 'rejected'; readonly rejection: Rejection };
}

/**
 * Decides a command on what its streams hold.
 *
 * Events that carry the command's id are those of its first time: it is decided on what was there before them, and says
 * what it said then. In that way a retry answers as before, whatever has happened since, a conflict included.
 */
export function planCommand(request: CommandRequest, histories: readonly History[], register: boolean): Plan {
  const { commandId, steps } = request;
  const metadata = metadataOf(request);
  const unit: StreamAppend[] = [];
  let last: Pick<Extent, 'customerId' | 'revision' | 'position'> = extentOf(nothing);
  let earlier: Position | null = null;

  for (const [index, step] of steps.entries()) {
    const history = histories[index] ?? nothing;
    const { before, events: read } = history;
    const done = read.findIndex((event) => event.metadata.commandId === commandId);
    if (done >= 0) {
      const decision = step.decide({ before, events: read.slice(0, done) });
      if (decision.kind === 'rejected')
        return { unit: [], outcome: { status: 'rejected', rejection: decision.rejection } };
      last = extentOf({ before: undefined, events: read.filter((event) => event.metadata.commandId === commandId) });
      earlier = later(earlier, last.position);
      continue;
    }
    const standing = extentOf(history);
    const refusal = refuse(request, step, history, standing);
    if (refusal !== undefined) return { unit: [], outcome: { status: 'rejected', rejection: refusal } };
    const decision = step.decide(history);
    const events = newEvents(decision, index === 0 ? commandId : `${commandId}/${index}`, metadata);
    const append: StreamAppend = {
      stream: step.stream,
      expected: standing.revision < 0 ? 'absent' : standing.revision,
      events,
    };
    if (decision.kind === 'rejected') {
      return {
        unit: events.length === 0 ? [] : [append],
        outcome: { status: 'rejected', rejection: decision.rejection },
      };
    }
    if (events.length === 0) {
      last = standing;
      earlier = later(earlier, last.position);
      continue;
    }
    unit.push(append);
    last = {
      customerId: events.at(-1)?.customerId ?? null,
      revision: standing.revision + events.length,
      position: null,
    };
  }

  const { customerId, revision } = last;
  if (unit.length === 0) return { unit, outcome: { status: 'unchanged', customerId, revision, position: earlier } };
  if (register && request.register !== undefined) unit.unshift(registration(request.register, metadata));
  return { unit, outcome: { status: 'accepted', customerId, revision, position: earlier } };
}

/** Of a stream that is not there, or was not read. */
export const nothing: History = { before: undefined, events: [] };

/** The later of two positions, null being before all. */
export function later<P extends Position | null>(one: Position | null, other: P): Position | P {
  return one === null || (other !== null && other > one) ? other : one;
}

/** What stands against a command before it is decided. */
function refuse(request: CommandRequest, step: Step, { events }: History, { revision }: Extent): Rejection | undefined {
  if (events.some((event) => commandKey(event.metadata.commandId) === commandKey(request.commandId))) {
    return { code: 'idempotency-key-reused', detail: 'The Idempotency-Key came before with another body' };
  }
  const { expectedRevision } = step;
  if (expectedRevision !== undefined && (expectedRevision < 0 || expectedRevision !== revision)) {
    const detail = revision < 0 ? 'It is not there' : `It is at revision ${revision} by now`;
    return { code: 'precondition-failed', detail };
  }
  return undefined;
}

function newEvents(decision: Decision, idBase: string, metadata: EventMetadata): readonly NewEvent[] {
  if (decision.kind === 'unchanged') return [];
  return (decision.events ?? []).map((event, index) => newEvent(event, eventId(idBase, index), metadata));
}

/** The event has the same id whoever writes it first: there is one registration of a customer. */
function registration({ customerId, source, key, occurredAt }: Registration, metadata: EventMetadata): StreamAppend {
  const event = newEvent(
    { type: 'CustomerRegistered', data: { source, via: 'fact' }, personal: { key }, occurredAt, customerId },
    eventId(customerId, 0),
    metadata,
  );
  return { stream: customerStreams.profile(customerId), expected: 'absent-or-skip', events: [event] };
}

function metadataOf({ origin, service, commandId, session }: CommandRequest): EventMetadata {
  return {
    actor: origin.actor,
    service,
    commandId,
    causationId: origin.requestId,
    correlationId: origin.correlationId,
    ...(origin.traceparent === undefined ? {} : { traceparent: origin.traceparent }),
    ...(session === undefined ? {} : { session }),
  };
}
