import { StoreUnavailableError } from '../errors.ts';
import type { AppendOutcome } from '../port.ts';
import type { Calls, Connection } from './connection.ts';
import { NoAnswerError } from './failures.ts';
import { LogReads } from './log-reads.ts';
import { type Conflict, findPlaces, type Written } from './places.ts';
import { runInOrderByName, Slots } from './slots.ts';
import { appendToStream, type Place, type StreamRequest } from './stream-append.ts';

/** A unit on its way to the log. */
export interface UnitRequest {
  readonly appends: readonly StreamRequest[];
  /** About what it takes. */
  readonly bytes: number;
}

/** One call, as far as it has come. */
interface Call {
  readonly units: readonly UnitRequest[];
  /** How many of its units are in a group, or were. */
  taken: number;
  readonly outcomes: AppendOutcome[];
  readonly answer: (outcomes: readonly AppendOutcome[]) => void;
  readonly fail: (error: unknown) => void;
}

interface QueuedUnit {
  readonly call: Call;
  readonly unit: UnitRequest;
}

interface UnitProgress extends QueuedUnit, Written {
  conflict?: Conflict;
}

const GROUP_UNITS = 256;
const GROUP_BYTES = 4 * 1024 * 1024;
const CONCURRENT_UNITS = 64;

/**
 * Appends in groups, one after the other. All of a group are recorded at one time, at least that of the log's last
 * event, so whatever order the server takes them in, recorded times do not go back. That holds for all appends of one
 * client, and between clients when one begins after the other was answered. Appends of two clients that overlap may be
 * recorded at times that differ by as much as their clocks, or by as long as one was under way: EventStoreDB gives an
 * event its place only after its content is settled.
 *
 * Where an event is and when it was recorded is answered as it is read back, not as it was sent: the server
 * acknowledges a retry like a first try.
 */
export class Appender {
  readonly #connection: Connection;
  readonly #now: () => number;
  readonly #queue: Call[] = [];
  readonly #slots = new Slots(CONCURRENT_UNITS);
  #floor = 0;
  #running: Promise<void> | undefined;

  constructor(connection: Connection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  append(units: readonly UnitRequest[]): Promise<readonly AppendOutcome[]> {
    return new Promise((answer, fail) => {
      this.#queue.push({ units, taken: 0, outcomes: [], answer, fail });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // So that what is called at the same time comes into one group.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const unavailable = await this.#carryOut(this.#takeGroup());
      // They have waited as long, for a server that does not answer: their callers should know now.
      if (unavailable) for (const call of this.#queue.splice(0)) call.fail(unavailable);
    }
    this.#running = undefined;
  }

  #takeGroup(): QueuedUnit[] {
    const group: QueuedUnit[] = [];
    let bytes = 0;
    for (let call = this.#queue[0]; call; call = this.#queue[0]) {
      for (let unit = call.units[call.taken]; unit; unit = call.units[call.taken]) {
        if (group.length > 0 && (group.length >= GROUP_UNITS || bytes + unit.bytes > GROUP_BYTES)) return group;
        group.push({ call, unit });
        bytes += unit.bytes;
        call.taken++;
      }
      this.#queue.shift();
    }
    return group;
  }

  /** Never rejects. Answers the failure if the server did not answer. */
  async #carryOut(group: readonly QueuedUnit[]): Promise<StoreUnavailableError | undefined> {
    const progress = group.map((queued): UnitProgress => ({ ...queued, written: [] }));
    const calls = this.#connection.together();
    const reads = new LogReads(calls);
    try {
      // Also opens the connection: a hundred appends at once on a new one can hang.
      const head = await reads.last();
      const recordedAt = Math.max(this.#now(), this.#floor, head?.recordedAt ?? 0);
      this.#floor = recordedAt;
      await runInOrderByName(
        progress,
        ({ unit }) => unit.appends.map(({ stream }) => stream),
        this.#slots,
        (one) => appendUnit(one, { calls, reads, recordedAt }),
      );
      await findPlaces(reads, progress, head?.position);
      const headAfter = progress.some(isSkipped) ? await reads.last() : undefined;
      for (const one of progress) {
        if (one.error === undefined) this.#answer(one.call, outcomeOf(one, headAfter));
        else this.#fail(one.call, one.error);
      }
    } catch (error) {
      for (const { call } of progress) this.#fail(call, error);
      return unanswered(error);
    }
    return progress.map(({ error }) => unanswered(error)).find((error) => error !== undefined);
  }

  #answer(call: Call, outcome: AppendOutcome): void {
    call.outcomes.push(outcome);
    if (call.outcomes.length === call.units.length) call.answer(call.outcomes);
  }

  /** What is left of the call is not tried. */
  #fail(call: Call, error: unknown): void {
    const at = this.#queue.indexOf(call);
    if (at >= 0) this.#queue.splice(at, 1);
    call.fail(error);
  }
}

/** Stops at its first conflict. Never rejects. */
const appendUnit = async (
  progress: UnitProgress,
  { recordedAt, ...way }: { readonly calls: Calls; readonly reads: LogReads; readonly recordedAt: number },
): Promise<void> => {
  try {
    for (const request of progress.unit.appends) {
      const outcome = await appendToStream(way, request, recordedAt);
      if (outcome.status === 'conflict') {
        progress.conflict = { stream: request.stream, actual: outcome.actual };
        return;
      }
      if (outcome.status === 'placed') progress.written.push({ request, place: outcome.place });
      if (outcome.status === 'written') progress.written.push({ request, place: undefined });
    }
  } catch (error) {
    progress.error = error;
  }
};

/** A failure because of which what waits would fail too. */
const unanswered = (error: unknown): StoreUnavailableError | undefined =>
  error instanceof StoreUnavailableError && error.cause instanceof NoAnswerError ? error : undefined;

const isSkipped = ({ written, conflict, error }: UnitProgress): boolean =>
  written.length === 0 && conflict === undefined && error === undefined;

const outcomeOf = ({ written, conflict }: UnitProgress, head: Place | undefined): AppendOutcome => {
  if (conflict) return { status: 'conflict', ...conflict };
  // Of a retried unit, a part may have been written later than what follows it.
  const last = written.reduce<Place | undefined>(
    (latest, { place }) => (place && place.position > (latest?.position ?? '') ? place : latest),
    undefined,
  );
  const place = last ?? head;
  if (!place) throw new StoreUnavailableError('the log ends before a stream that was there');
  return { status: 'appended', position: place.position, recordedAt: place.recordedAt };
};
