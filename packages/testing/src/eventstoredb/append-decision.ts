import { type EventIndex, isSoftDeleted, type StreamEntry } from './event-index.ts';
import { metastreamOf } from './stream-metadata.ts';

/** The revision that a stream must have for an append to happen. */
export type Expected = 'any' | 'no_stream' | 'stream_exists' | bigint;

export type Refusal =
  /** `current` is the stream's last revision, -1 if there is none. */
  { readonly kind: 'wrong-expected-version'; readonly current: number } | { readonly kind: 'deleted' };

export type Decision =
  | { readonly kind: 'append' }
  /** All its events are there already; `last` is the number of the last. */
  | { readonly kind: 'repeated'; readonly last: number }
  | Refusal;

const APPEND: Decision = { kind: 'append' };

/** Decides an append as the server's index writer does, by the ids of its events. */
export function decideAppend(index: EventIndex, name: string, expected: Expected, ids: readonly string[]): Decision {
  const stream = index.stream(name);
  const current = lastRevision(stream);
  const wrong: Decision = { kind: 'wrong-expected-version', current };
  if (stream?.tombstone !== undefined) return { kind: 'deleted' };
  if (expected === 'stream_exists') {
    if (stream && isSoftDeleted(stream)) return { kind: 'deleted' };
    if (current < 0 && lastRevision(index.stream(metastreamOf(name))) < 0) return wrong;
  }
  if (expected === 'any' || expected === 'stream_exists') return byRememberedIds(index, name, ids) ?? wrong;
  const revision = expected === 'no_stream' ? -1 : Number(expected);
  if (revision > current) return wrong;
  if (revision === current) return APPEND;
  return byPlaces(index, stream, revision, ids) ?? wrong;
}

export function lastRevision(stream: StreamEntry | undefined): number {
  return (stream?.events.length ?? 0) - 1;
}

/** Without a revision, the ids that are remembered must do. Undefined where only the first of them are known. */
function byRememberedIds(index: EventIndex, stream: string, ids: readonly string[]): Decision | undefined {
  let last: number | undefined;
  for (const id of ids) {
    const number = index.recent(id);
    if (number === undefined || index.streamName(number) !== stream) return last === undefined ? APPEND : undefined;
    last = number;
  }
  return last === undefined ? APPEND : { kind: 'repeated', last };
}

/** With a revision, the very same events must follow it. Undefined where they do not, or not all of them. */
function byPlaces(
  index: EventIndex,
  stream: StreamEntry | undefined,
  revision: number,
  ids: readonly string[],
): Decision | undefined {
  let last: number | undefined;
  for (const [place, id] of ids.entries()) {
    const number = stream?.events[revision + 1 + place];
    if (number === undefined || index.id(number) !== id) break;
    last = number;
    if (place === ids.length - 1) return { kind: 'repeated', last };
  }
  const anew = last === undefined && revision === -1 && stream !== undefined && isSoftDeleted(stream);
  return anew ? APPEND : undefined;
}
