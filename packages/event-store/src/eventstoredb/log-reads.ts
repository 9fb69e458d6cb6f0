import {
  type AllStreamRecordedEvent,
  BACKWARDS,
  END,
  FORWARDS,
  isCommandError,
  START,
  StreamNotFoundError,
} from '@eventstore/db-client';
import type { Position, ReadAllOptions, ReadStreamOptions, SealedEvent } from '../port.ts';
import type { Calls } from './connection.ts';
import { fromRecordedEvent, isEventStream } from './event-format.ts';
import { BEGINNING, formatPosition, parsePosition } from './position.ts';

/** How many of the server's own events may follow the log's last one before the look for it takes longer steps. */
const FIRST_STEP = 1;
const LONGEST_STEP = 1_000;

/**
 * Reads of the log. The library filters subscriptions, not reads, so what is the server's own is left out here. All ask
 * the leader: a follower may not have what was answered.
 */
export class LogReads {
  readonly #calls: Pick<Calls, 'read'>;

  constructor(calls: Pick<Calls, 'read'>) {
    this.#calls = calls;
  }

  /** Events after a position, or from the beginning. Fewer than `limit` means the end was reached. */
  async readAll({ after = BEGINNING, limit }: ReadAllOptions): Promise<SealedEvent[]> {
    const events: SealedEvent[] = [];
    let from = after;
    parsePosition(from);
    while (events.length < limit) {
      // A read begins with the event at its position.
      const count = Math.min(limit - events.length + (from === BEGINNING ? 0 : 1), Number.MAX_SAFE_INTEGER);
      const page = await this.#forwards(from, count);
      for (const event of page)
        if (formatPosition(event.position) > from && isEventStream(event.streamId))
          events.push(fromRecordedEvent(event));
      const last = page.at(-1);
      if (!last || page.length < count) break;
      from = formatPosition(last.position);
    }
    return events;
  }

  /** The log's last event. */
  async last(): Promise<SealedEvent | undefined> {
    let before: Position | undefined;
    for (let step = FIRST_STEP; ; step = Math.min(step * 30, LONGEST_STEP)) {
      const fromPosition = before === undefined ? END : parsePosition(before);
      const resolved = await this.#calls.read((client) =>
        client.readAll({ direction: BACKWARDS, fromPosition, maxCount: step, requiresLeader: true }),
      );
      const page = resolved.flatMap(({ event }) => event ?? []);
      const found = page.find(({ streamId }) => isEventStream(streamId));
      if (found) return fromRecordedEvent(found);
      const last = page.at(-1);
      if (!last || resolved.length < step) return undefined;
      before = formatPosition(last.position);
    }
  }

  /** The event at a position, if there is one. */
  async at(position: Position): Promise<SealedEvent | undefined> {
    const [event] = await this.#forwards(position, 1).catch((error: unknown) => {
      // A server that refuses a position has no event there.
      if (error instanceof Error && isCommandError(error)) return [];
      throw error;
    });
    if (!event || formatPosition(event.position) !== position || !isEventStream(event.streamId)) return undefined;
    return fromRecordedEvent(event);
  }

  async readStream(
    stream: string,
    { from, limit = Number.MAX_SAFE_INTEGER, direction = FORWARDS }: ReadStreamOptions = {},
  ): Promise<SealedEvent[]> {
    if (limit <= 0) return [];
    const start = direction === FORWARDS ? START : END;
    try {
      const resolved = await this.#calls.read((client) =>
        client.readStream(stream, {
          direction,
          fromRevision: from === undefined ? start : BigInt(from),
          maxCount: limit,
          requiresLeader: true,
        }),
      );
      return resolved.flatMap(({ event }) => (event ? [fromRecordedEvent(event)] : []));
    } catch (error) {
      if (error instanceof StreamNotFoundError) return [];
      throw error;
    }
  }

  async #forwards(from: Position, maxCount: number): Promise<AllStreamRecordedEvent[]> {
    const fromPosition = from === BEGINNING ? START : parsePosition(from);
    const resolved = await this.#calls.read((client) =>
      client.readAll({ direction: FORWARDS, fromPosition, maxCount, requiresLeader: true }),
    );
    return resolved.flatMap(({ event }) => event ?? []);
  }
}
