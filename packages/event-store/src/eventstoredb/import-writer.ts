import { ForeignTargetError } from '../errors.ts';
import type { SealedEvent } from '../port.ts';
import type { Calls } from './connection.ts';
import type { LogReads } from './log-reads.ts';
import { appendToStream } from './stream-append.ts';

/** What one append takes: half of what EventStoreDB does by default. A single event is always less than that. */
const APPEND_BYTES = 512 * 1024;
/** What an event takes beside its payload, roughly. */
const ENVELOPE_BYTES = 600;

/**
 * Appends events of another log as they are. One append is answered before the next is sent: EventStoreDB keeps the
 * order of what is under way at the same time within a stream only.
 */
export const importEvents = async (
  way: { readonly calls: Calls; readonly reads: LogReads },
  events: readonly SealedEvent[],
): Promise<void> => {
  for (const run of runsOf(events)) {
    const [first] = run;
    const { stream, revision, recordedAt } = first;
    const request = {
      stream,
      expected: revision === 0 ? ('absent' as const) : revision - 1,
      events: run.map(({ sealed, ...event }) => ({ event, sealed })),
    };
    const { status } = await appendToStream(way, request, recordedAt);
    if (status !== 'written' && status !== 'placed')
      throw new ForeignTargetError(`${stream} does not end just before revision ${revision}`);
  }
};

type Run = [SealedEvent, ...SealedEvent[]];

/** Events that stand together in the log, in one stream and recorded at one time: each run is one append. */
function* runsOf(events: readonly SealedEvent[]): Generator<Run> {
  let run: Run | undefined;
  let bytes = 0;
  for (const event of events) {
    const size = bytesOf(event);
    const fits = run && bytes + size <= APPEND_BYTES;
    if (run && fits && run[0].stream === event.stream && run[0].recordedAt === event.recordedAt) {
      run.push(event);
      bytes += size;
      continue;
    }
    if (run) yield run;
    run = [event];
    bytes = size;
  }
  if (run) yield run;
}

const bytesOf = ({ data, metadata, sealed }: SealedEvent): number =>
  Buffer.byteLength(JSON.stringify(data)) +
  Buffer.byteLength(JSON.stringify(metadata)) +
  Math.ceil(((sealed?.length ?? 0) * 4) / 3) +
  ENVELOPE_BYTES;
