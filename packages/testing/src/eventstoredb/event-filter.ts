import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { EventIndex } from './event-index.ts';

type FilterOptions = ReadReq.Options.FilterOptions;

/** What the server searches between two checkpoints when the client does not say. */
const DEFAULT_WINDOW = 32;

export interface EventFilter {
  matches(index: EventIndex, number: number): boolean;
  /** A subscription is told where it is at least after so many events. */
  readonly checkpointEvery: number;
}

export const everything: EventFilter = { matches: () => true, checkpointEvery: Number.POSITIVE_INFINITY };

/** @throws {SyntaxError} for a regular expression that is none */
export function eventFilter(options: FilterOptions): EventFilter {
  const byStream = options.getStreamIdentifier();
  const accepts = textFilter(byStream ?? options.getEventType());
  const window = options.hasMax() ? options.getMax() : DEFAULT_WINDOW;
  return {
    matches: byStream
      ? (index, number) => accepts(index.streamName(number))
      : (index, number) => accepts(index.type(number)),
    checkpointEvery: window * Math.max(1, options.getCheckpointintervalmultiplier()),
  };
}

function textFilter(expression: ReadReq.Options.FilterOptions.Expression | undefined): (text: string) => boolean {
  const prefixes = expression?.getPrefixList() ?? [];
  if (prefixes.length > 0) return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  const regex = new RegExp(expression?.getRegex() ?? '');
  return (text) => regex.test(text);
}
