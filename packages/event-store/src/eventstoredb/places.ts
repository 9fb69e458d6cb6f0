import { StoreUnavailableError } from '../errors.ts';
import type { Position } from '../port.ts';
import type { LogReads } from './log-reads.ts';
import { BEGINNING } from './position.ts';
import { findPlace, lastRevisionOf, type Place, placeOf, type StreamRequest } from './stream-append.ts';

export interface Conflict {
  readonly stream: string;
  readonly actual: number;
}

/** The appends of one unit that the server acknowledged. */
export interface Written {
  readonly written: WrittenAppend[];
  conflict?: Conflict;
  /** Why nobody knows what became of the unit. */
  error?: unknown;
}

interface WrittenAppend {
  readonly request: StreamRequest;
  place: Place | undefined;
}

/** Up to as many are looked up each for itself; more are found by reading what the log got meanwhile. */
const SINGLE_LOOK_UPS = 4;
/** What others write meanwhile is read too. */
const PAGE_MARGIN = 32;

/**
 * Finds where the acknowledged appends are in the log, `headBefore` being its head before they were sent. What is
 * further back was written before, and this was a retry of it.
 * @throws {StoreUnavailableError}
 */
export const findPlaces = async (
  reads: LogReads,
  units: readonly Written[],
  headBefore: Position | undefined,
): Promise<void> => {
  const placeless = units.flatMap((unit) =>
    unit.error === undefined ? unit.written.filter(({ place }) => !place).map((append) => ({ unit, append })) : [],
  );
  if (placeless.length > SINGLE_LOOK_UPS)
    await findAmongNew(
      reads,
      placeless.map(({ append }) => append),
      headBefore ?? BEGINNING,
    );
  const left = placeless.filter(({ append }) => !append.place);
  for (let from = 0; from < left.length; from += SINGLE_LOOK_UPS)
    await Promise.all(left.slice(from, from + SINGLE_LOOK_UPS).map(({ unit, append }) => lookUp(reads, unit, append)));
};

const findAmongNew = async (reads: LogReads, appends: readonly WrittenAppend[], from: Position): Promise<void> => {
  const wanted = new Map(
    appends.map((append) => [`${append.request.stream} ${lastRevisionOf(append.request)}`, append]),
  );
  const limit = appends.reduce((events, { request }) => events + request.events.length, PAGE_MARGIN);
  for (let after = from; ; ) {
    const page = await reads.readAll({ after, limit });
    for (const event of page) {
      const key = `${event.stream} ${event.revision}`;
      const append = wanted.get(key);
      if (append?.request.events.at(-1)?.event.id !== event.id) continue;
      append.place = placeOf(event);
      wanted.delete(key);
    }
    const last = page.at(-1);
    if (wanted.size === 0 || !last || page.length < limit) return;
    after = last.position;
  }
};

const lookUp = async (reads: LogReads, unit: Written, append: WrittenAppend): Promise<void> => {
  const found = await findPlace(reads, append.request);
  if (found === 'nothing')
    throw new StoreUnavailableError(`an append to ${append.request.stream} was acknowledged, and is not there`);
  if (found.status === 'placed') append.place = found.place;
  // The server took it for a retry by its first event alone.
  if (found.status === 'conflict') unit.conflict ??= { stream: append.request.stream, actual: found.actual };
};
