import { firstReadable, isSoftDeleted } from './event-index.ts';
import type { EventLog } from './event-log.ts';
import { NARROW_BYTES, WIDE_BYTES } from './payload-cursor.ts';
import type { AllRequest, LogPosition, StreamRequest } from './read-request.ts';

/**
 * What a read walks over: all events, or those of a stream. Places count from 0; for a stream a place is a revision.
 * `end` grows as events come; `number` is that of the event in the log.
 */
export interface EventSource {
  readonly windowBytes: number;
  start(): number;
  end(): number;
  number(place: number): number;
}

export function allEvents(log: EventLog): EventSource {
  return { windowBytes: WIDE_BYTES, start: () => 0, end: () => log.committed, number: (place) => place };
}

export function streamEvents(log: EventLog, name: string): EventSource {
  const number = (place: number): number => log.index.stream(name)?.events[place] ?? Number.NaN;
  return {
    windowBytes: NARROW_BYTES,
    start: () => {
      const stream = log.index.stream(name);
      return stream ? Math.min(firstReadable(stream), stream.events.length) : 0;
    },
    end: () => {
      let end = log.index.stream(name)?.events.length ?? 0;
      // What was taken but is not on disk yet is not there for readers.
      while (end > 0 && number(end - 1) >= log.committed) end--;
      return end;
    },
    number,
  };
}

export type StreamState = 'present' | 'absent' | 'ended';

/** What a reader finds under a stream's name. */
export function streamState(log: EventLog, name: string): StreamState {
  const stream = log.index.stream(name);
  if (stream?.tombstone !== undefined && stream.tombstone < log.committed) return 'ended';
  if (!stream || isSoftDeleted(stream) || streamEvents(log, name).end() === 0) return 'absent';
  return 'present';
}

/** How a read goes: a subscription begins after what it names, a read at it or, backwards, before it. */
interface Direction {
  readonly backwards: boolean;
  readonly after: boolean;
}

export function placeOfRevision(source: EventSource, from: StreamRequest['from'], direction: Direction): number {
  const { backwards, after } = direction;
  if (typeof from === 'string') return placeOfName(source, from, backwards);
  if (backwards) return Math.min(Number(from), source.end() - 1);
  return Math.max(Number(from) + (after ? 1 : 0), source.start());
}

/** @throws {InvalidPositionError} for a position inside of an event, or backwards from behind the end */
export function placeOfPosition(log: EventLog, from: AllRequest['from'], direction: Direction): number {
  const source = allEvents(log);
  if (typeof from === 'string') return placeOfName(source, from, direction.backwards);
  const [commit, prepare] = [Number(from.commit), Number(from.prepare)];
  const next = log.index.firstFrom(commit);
  const isEvent = next < source.end() && log.index.offset(next) === commit;
  if (!isEvent && !isEdge(log, commit, direction.backwards)) throw new InvalidPositionError(from);
  if (!isEvent) return direction.backwards ? next - 1 : next;
  // The event there stands at (commit, commit): before, at or behind what is asked for.
  if (direction.backwards) return commit < prepare ? next : next - 1;
  return commit > prepare || (commit === prepare && !direction.after) ? next : next + 1;
}

/** Where no event begins, but a read may: the beginning, the end, and forwards whatever is behind the end. */
function isEdge(log: EventLog, commit: number, backwards: boolean): boolean {
  const end = log.file.committedEnd;
  return commit === 0 || commit === end || (commit > end && !backwards);
}

export class InvalidPositionError extends Error {
  override readonly name = 'InvalidPositionError';

  constructor({ commit, prepare }: LogPosition) {
    super(`no event begins at ${commit}/${prepare}`);
  }
}

function placeOfName(source: EventSource, name: 'start' | 'end', backwards: boolean): number {
  if (name === 'start') return backwards ? -1 : source.start();
  return backwards ? source.end() - 1 : source.end();
}
